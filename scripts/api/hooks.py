"""What schemathesis is told beside the description: values a schema cannot tell, and refusals that only the data explains."""

import datetime

import schemathesis
from hypothesis import strategies as st

# Times and days of orders are between these years.
FIRST, LAST = datetime.datetime(1900, 1, 2), datetime.datetime(2199, 12, 30)

ZONES = st.sampled_from(["Z", "+08:00", "-05:00"])
TIMES = st.datetimes(FIRST, LAST).map(lambda at: at.replace(microsecond=0).isoformat())

schemathesis.openapi.format("date-time", st.builds(str.__add__, TIMES, ZONES))
schemathesis.openapi.format("date", st.dates(FIRST.date(), LAST.date()).map(str))
schemathesis.openapi.format("currency", st.sampled_from(["CNY", "EUR", "USD"]))
# Nobody can make one up; those of the answers are taken up by themselves.
schemathesis.openapi.format("cursor", st.just(""))

# A well-formed request may be refused with one of these, and with no other code.
REFUSALS = {
    # Of a form: other fields may have names that nobody can read.
    # A reorder quantity needs its point beside it, which a schema for one field cannot say.
    400: {"bad_multipart", "channel_missing", "invalid_cursor", "missing_field"},
    415: set(),
    422: {
        "idempotency_key_reused",
        "no_price",
        "unit_not_exact",
        "unknown_channel",
        "unknown_customer",
        "unknown_sku",
        "unknown_unit",
    },
}
# Faults of an order that hang together with its currency.
REJECTS = {"too_many_decimals"}


@schemathesis.check
def well_formed_is_taken(ctx, response, case):
    """positive_data_acceptance, but by the code of the refusal."""
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive or response.status_code not in (400, 406, 413, 415, 422):
        return
    told = response.json()
    code = told.get("code")
    if code is None and response.status_code == 422 and "faults" in told:
        return  # A table in which no row was good: the report says why.
    if code == "orders_rejected":
        codes = {reject["code"] for reject in told["rejects"]}
        assert codes <= REJECTS, f"a well-formed order is rejected: {sorted(codes - REJECTS)}"
        return
    refusals = REFUSALS.get(response.status_code, set())
    assert code in refusals, f"a well-formed request is refused: {response.status_code} {code}"
