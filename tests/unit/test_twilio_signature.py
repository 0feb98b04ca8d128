"""Who signed a webhook, and what it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.states import AttemptEvent
from notifier.errors import BadInput
from notifier.gateways.base import Policy
from notifier.gateways.twilio_signature import inbound_text, is_signed, status_report
from tests.support.twilio_callbacks import signature

TOKEN = "12345"
URL = "https://sms.example.com/webhooks/twilio/status?m=17&a=2"
FORM = [("MessageSid", "SM1"), ("MessageStatus", "delivered"), ("Body", ""), ("Name", "李雷 & 韩梅梅")]


def test_the_providers_own_example_is_signed() -> None:
    """The worked example of the provider's documentation, number for number."""
    form = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675309"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
    ]
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert signature(TOKEN, url, form) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert is_signed(TOKEN, url, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")


def test_blank_and_repeated_values_are_part_of_what_is_signed() -> None:
    """Dropping a blank field, or one of two equal names, would refuse a genuine callback."""
    form = [*FORM, ("Tag", "b"), ("Tag", "a")]
    assert is_signed(TOKEN, URL, form, signature(TOKEN, URL, form))


@pytest.mark.parametrize(
    "url",
    [
        "https://sms.example.com/webhooks/twilio/status?m=18&a=2",
        "https://other.example.com/webhooks/twilio/status?m=17&a=2",
        "https://sms.example.com/webhooks/twilio/status",
    ],
)
def test_another_url_is_not_what_was_signed(url: str) -> None:
    """Host, path and query are all under the signature: a message id cannot be exchanged."""
    assert not is_signed(TOKEN, url, FORM, signature(TOKEN, URL, FORM))


def test_another_token_or_form_is_not_what_was_signed() -> None:
    """Neither a stranger's token nor a changed status passes."""
    genuine = signature(TOKEN, URL, FORM)
    assert not is_signed("54321", URL, FORM, genuine)
    assert not is_signed(TOKEN, URL, [*FORM[1:], ("MessageSid", "SM2")], genuine)


@pytest.mark.parametrize("header", [None, "", "x", "签名", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="])
def test_a_missing_or_made_up_header_is_not_signed(header: str | None) -> None:
    """Without the header the SDK's validator would raise; here it is simply unsigned."""
    assert not is_signed(TOKEN, URL, FORM, header)


def test_a_port_in_the_public_url_does_not_matter() -> None:
    """The provider signs with or without the standard port."""
    with_port = "https://sms.example.com:443/webhooks/twilio/status?m=17&a=2"
    assert is_signed(TOKEN, URL, FORM, signature(TOKEN, with_port, FORM))


@given(st.lists(st.tuples(st.text(min_size=1, max_size=5), st.text(max_size=5)), max_size=6))
def test_every_form_we_sign_is_signed(form: list[tuple[str, str]]) -> None:
    """Whatever characters come, the documented signature and the SDK's agree."""
    unsurrogated = [pair for pair in form if "".join(pair).isprintable()]
    assert is_signed(TOKEN, URL, unsurrogated, signature(TOKEN, URL, unsurrogated))


def test_a_status_callback_names_its_attempt_and_keeps_unknown_fields() -> None:
    """Our ids come from the query; a field of tomorrow is kept, not refused."""
    form = {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30005", "FieldOfTomorrow": ""}
    report = status_report(form, {"m": "17", "a": "2", "x": "y"})
    assert (report.gateway, report.sid, report.status) == ("twilio", "SM1", "undelivered")
    assert (report.message_id, report.attempt_n) == (17, 2)
    assert (report.event, report.error_code) == (AttemptEvent.UNDELIVERED, "30005")
    assert report.policy is Policy.MARK_NUMBER
    assert report.payload["FieldOfTomorrow"] == ""
    assert report.occurred_at is None


@pytest.mark.parametrize("raw", [None, "", "-1", "1.5", "abc", "９", "9" * 19, "9" * 400])
def test_an_edited_id_is_no_id(raw: str | None) -> None:
    """A query anybody may have edited never reaches the database as a number it cannot hold."""
    query = {"m": raw, "a": raw} if raw is not None else {}
    report = status_report({"MessageSid": "SM1", "MessageStatus": "sent"}, query)
    assert report.message_id is None
    assert report.attempt_n is None


def test_an_unknown_status_is_kept_without_an_event() -> None:
    """It is stored and changes nothing."""
    report = status_report({"MessageSid": "SM1", "MessageStatus": "teleported"}, {})
    assert report.status == "teleported"
    assert report.event is None
    assert report.policy is None


def test_older_field_names_still_speak() -> None:
    """SmsSid and SmsStatus stand in where the newer names are missing."""
    report = status_report({"SmsSid": "SM1", "SmsStatus": "sent"}, {})
    assert (report.sid, report.status) == ("SM1", "sent")


@pytest.mark.parametrize(
    ("opt_out_type", "stopped", "started"),
    [(None, False, False), ("STOP", True, False), ("START", False, True), ("HELP", False, False)],
)
def test_an_inbound_text_says_what_twilio_already_obeyed(
    opt_out_type: str | None, stopped: bool, started: bool
) -> None:
    """Advanced Opt-Out names stops and starts; a body in any language is kept as it came."""
    form = {"MessageSid": "SM9", "From": "+8613800000001", "To": "+15005550006", "Body": "退订", "FromCity": ""}
    if opt_out_type:
        form["OptOutType"] = opt_out_type
    text = inbound_text(form)
    assert (text.provider_id, text.sender, text.to, text.text) == ("SM9", "+8613800000001", "+15005550006", "退订")
    assert (text.opted_out, text.opted_in) == (stopped, started)


@pytest.mark.parametrize("form", [{}, {"From": "+8613800000001"}, {"MessageSid": "SM9"}])
def test_an_inbound_text_without_id_or_sender_is_refused(form: dict[str, str]) -> None:
    """The sentence names the field that is missing."""
    with pytest.raises(BadInput, match="has no field"):
        inbound_text(form)
