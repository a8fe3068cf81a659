from rest_framework import generics
from rest_framework.permissions import AllowAny

from taxonomy.api.serializers import CodeOut
from taxonomy.filters import CodeFilter
from taxonomy.models import Code
from taxonomy.querysets import CodeQuerySet


class CodeList(generics.ListAPIView):
    """Codes of the classifications that listings use, in the order of each classification. Open to everyone."""

    permission_classes = [AllowAny]
    serializer_class = CodeOut
    filterset_class = CodeFilter
    queryset = Code.objects.all()

    def get_queryset(self) -> CodeQuerySet:
        return Code.objects.visible_to(self.request.user).for_list()
