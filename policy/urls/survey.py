from django.urls import path

from policy.views import survey, survey_office

urlpatterns = [
    path("survey/", survey.survey, name="survey"),
    path("survey/office/", survey_office.survey_office, name="survey_office"),
    path("survey/office/export/", survey_office.survey_office_export, name="survey_office_export"),
    path("survey/years/", survey_office.survey_rounds, name="survey_rounds"),
    path("survey/years/<int:year>/", survey_office.survey_round, name="survey_round"),
    path("survey/files/", survey_office.survey_files, name="survey_files"),
    path("survey/files/template/", survey_office.survey_template, name="survey_template"),
    path("survey/files/<uuid:public_id>/", survey_office.survey_file, name="survey_file"),
    path("survey/files/<uuid:public_id>/refused/", survey_office.survey_file_refused, name="survey_file_refused"),
    path("survey/files/<uuid:public_id>/apply/", survey_office.survey_file_apply, name="survey_file_apply"),
    path("survey/files/<uuid:public_id>/discard/", survey_office.survey_file_discard, name="survey_file_discard"),
    path("survey/sheets/<uuid:public_id>/", survey.survey_sheet, name="survey_sheet"),
    path("survey/sheets/<uuid:public_id>/accept/", survey.survey_accept, name="survey_accept"),
    path("survey/sheets/<uuid:public_id>/return/", survey.survey_return, name="survey_return"),
    path("survey/sheets/<uuid:public_id>/withdraw/", survey.survey_withdraw, name="survey_withdraw"),
    path("survey/<int:year>/", survey.survey_year, name="survey_year"),
    path("survey/<int:year>/correct/", survey.survey_correct, name="survey_correct"),
]
