import json, time, random
from django.db import connection
from matching.models import *
from matching.services import match_need as m
from matching.services.compile_need import compile_need
from tests.factories.matching import NeedFactory
from tests.factories.tech_listings import ListingFactory
from tests.matching.test_need_matching import with_meaning
from django.utils import timezone

def test_speed():
    rows=[json.loads(l) for l in open('/work/shared/data/needs/rfp_ko.jsonl')]
    for r in rows:
        n=NeedFactory(title=r['title'][:200],problem=r['text'][:10000]); compile_need(need_id=n.pk, at=timezone.now())
    cols=[f.column for f in Need._meta.concrete_fields if f.column not in ('id','public_id','number','idempotency_key')]
    with connection.cursor() as c:
        c.execute(f"INSERT INTO matching_need (public_id, number, {','.join(cols)}) SELECT uuidv7(), 'N2026'||lpad((1000+row_number() over ())::text,6,'0'), {','.join('need.'+x for x in cols)} FROM matching_need need, generate_series(1,170) g")
        c.execute("SELECT count(*), pg_size_pretty(pg_relation_size('matching_need')), pg_size_pretty(pg_total_relation_size('matching_need')), avg(pg_column_size(weights)), avg(pg_column_size(vector)), avg(pg_column_size(problem)), avg(pg_column_size(candidates)) from matching_need"); print(c.fetchone())
        c.execute("ANALYZE matching_need")
    docs=[json.loads(l) for l in open('/work/shared/data/patents/semiconductor_ai_1500.jsonl')][:6]
    for d in docs:
        l=with_meaning(ListingFactory(title_ko=d['title'],summary_ko=d['abstract']))
        t=time.perf_counter(); f=m.of_listing(l); print('OFLISTING', len(f), round((time.perf_counter()-t)*1000), 'ms')
    t=time.perf_counter(); n=m.hold_against_needs(l, timezone.now()); print('HOLD', n, round((time.perf_counter()-t)*1000))
