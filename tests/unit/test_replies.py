"""What customers answer, in two languages: every stop is heard, and nobody who wants an appointment is silenced."""

from __future__ import annotations

from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.replies import Understood, is_start, is_stop, understand

DECLARED = {"1": "booking", "0": "already_done"}

STOPS = [
    "STOP",
    "stop",
    "Stop.",
    "ＳＴＯＰ",
    "ｒ",
    "Ｒ",
    "R",
    "r",
    "R。",
    "TD",
    "td!",
    "T",
    "N",
    "n",
    "退订",
    "退订。",
    "【退订】",
    "不要再发",
    "不要再发了",
    "拒收",
    "我拒收",
    "别再发了",
    "取消订阅",
    "UNSUBSCRIBE",
    "END",
    "QUIT",
    "STOPALL",
    "REVOKE",
    "OPTOUT",
    "OPT OUT",
    "opt-out",
    "CANCEL",
    "STOP please",
    "please stop",
    "please stop texting me",
    "回复R",
    "回复 R",
    "回复：退订",
    "回R",
    "reply STOP",
    "STOP STOP STOP",
    "Stop all these messages now!",
    "Please don't text me again",
    "don’t contact me anymore",
    "do not send me any more messages",
    "Take me off your list",
    "take me off this texting list",
    "take me off your mailing list",
    "remove my number",
    "please remove me",
    "unsubscribe me please",
    "how do I unsubscribe?",
    "I want to opt out",
    "Opt me out",
    "no more texts please",
    "leave me alone",
    "I no longer wish to receive these messages",
    "I don't want these texts",
    "cancel my subscription",
    "stop sending me this",
    "Quit texting",
    "I revoke my consent",
    "stop!!!",
    '"STOP"',
    "Will you stop texting me?!",
    "Stop it",
    "I said STOP. I don't own the car",
    "lose my number",
    "never text this number again",
    "can't unsubscribe",
    "退訂",
    "我要退订",
    "请退订",
    "怎么退订",
    "退订退订",
    "TD退订",
    "退订短信",
    "别发了",
    "不要发了",
    "别给我发短信",
    "以后不要给我发信息了",
    "请勿再发",
    "请不要再发短信给我",
    "别再给我发广告了",
    "停止发送",
    "别烦我",
    "不要打扰我",
    "请勿打扰",
    "不要骚扰",
    "不想再收到短信",
    "不想收到你们的短信",
    "我不想再接收这些信息",
    "拒绝短信",
    "拒绝接收",
    "取消短信提醒",
    "取消提醒",
    "再发我就投诉",
    "把我删了",
    "删除我的号码",
    "把我的号码从名单里删掉",
    "不需要这种短信",
    "垃圾短信",
    "請不要再發簡訊",
    "別再發了",
    "你们别老给我发短信行吗",
    "麻烦以后别发了,谢谢",
    "车卖了,别再发了",
    "车已经卖了，退订",
    "退订，车卖了",
    "STOP 1",
    "don't cancel my appointment but stop texting me",
    "别发短信了,发票也不用",
    "没退订成功,请退订",
    "stop with the texts",
    "Enough. Stop.",
    "停止",
    "cancel please",
    "please end",
    "\u200bSTOP",
]

FOR_PEOPLE = [
    "I can't stop by on Tuesday, can I come Friday?",
    "Can you end the service by noon?",
    "我要取消明天的预约",
    "R8的保养多少钱",
    "Please don't stop texting me",
    "Why did you stop sending reminders?",
    "cancel my appointment",
    "I want to cancel my booking",
    "please cancel Friday",
    "T-Roc保养多少钱",
    "N年没来了",
    "不要再发票了",
    "发票不要了",
    "不要发动机油",
    "不要发票，谢谢",
    "发票不用发了",
    "不用发快递了",
    "取消预约",
    "取消",
    "今天不能来,取消吧",
    "我不退订",
    "不要退订",
    "误发了退订",
    "我没有退订",
    "不要停止发送",
    "别取消我的提醒",
    "快递拒收了怎么办",
    "尊敬的车主您好,保养到期。拒收请回复R",
    "没收到短信",
    "为什么收不到短信",
    "短信没收到,再发一次",
    "不好意思打扰了",
    "不用麻烦了",
    "不需要",
    "不用了",
    "不去了",
    "不要了,谢谢",
    "退订保养套餐",
    "我想退订明天的保养预约",
    "The bus stop is near",
    "Where do I stop?",
    "end of the month is fine",
    "Friday at the end of the day",
    "No",
    "no thanks",
    "not interested",
    "remove my number plate holder",
    "don't text me the price, email it",
    "don't send the invoice by post",
    "Don't text me when I am driving",
    "The car won't stop properly",
    "brakes don't stop well",
    "stop light is broken",
    "Start-stop system failure",
    "start stop not working",
    "the engine stops at red lights",
    "quit my job, no car",
    "Could you cancel the 5pm slot",
    "text me the address",
    "please send me a message",
    "T 3pm ok",
    "R?8",
    "别忘了发短信给我",
    "记得给我发短信",
    "可以发短信给我吗",
    "请再发一次",
    "不能发动了",
    "车发动不了",
    "别发动车",
    "不发票",
    "请把我的预约改到周五",
    "把我的车洗一下",
    "请删除明天的预约",
    "不想换机油",
    "不要换机油",
    "不愿意等",
    "停车场在哪",
    "可以停车吗",
    "别人说不用换",
    "I'd like to opt out of the extended warranty",
    "Opt out of oil change plan?",
    "I do not want to unsubscribe",
    "how many messages do I have",
    "我收到短信了,预约周五",
    "不收费吧",
    "提醒我带行驶证",
    "不用提醒我带什么吗",
    "我拒绝维修",
    "please stop the oil leak",
    "please stop the noise",
    "stop the leak please",
    "停止使用了",
    "车停发不动",
    "End the month",
    "cancel this",
    "cancel it please",
]

ONES = [
    "1",
    " 1 ",
    "１",
    "1。",
    "①",
    "回复1",
    "1,明天上午",
    "1，明天上午",
    "1 明天上午9:00",
    "“1”",
    "【1】",
    "1️⃣",
    "1!",
    "1预约",
    "1明天上午",
    "reply 1",
    "回复：1",
    "1.",
    "1 please",
    "1 tomorrow",
    "(1)",
    "我回复1",
    "1 thanks",
    "选1",
    "1.明天来",
]

NO_DIGITS = [
    "2",
    "1号下午可以吗",
    "1点到",
    "10",
    "12",
    "1.5万公里可以保养吗",
    "1万公里时来",
    "1-2天",
    "1:30",
    "1/5",
    "1,2",
    "1 or 2?",
    "1 2",
    "1或2",
    "1 week later please",
    "1 more question",
    "1周后",
    "11",
    "13812345678",
    "1 car",
    "1辆车",
    "1个月后",
    "1、2都可以",
    "一",
]


@pytest.mark.parametrize("text", STOPS)
def test_a_stop_in_any_reasonable_wording_is_heard(text: str) -> None:
    """Words of the law and of the providers, whole sentences, full-width letters, politeness and rage."""
    assert understand(text, DECLARED).meaning == "stop"
    assert is_stop(text)
    assert not is_start(text)


@pytest.mark.parametrize("text", FOR_PEOPLE)
def test_what_only_looks_like_a_stop_goes_to_people(text: str) -> None:
    """An appointment, an invoice, a bus stop: the letters alone decide nothing."""
    assert understand(text, DECLARED) == Understood("text", "none")
    assert not is_stop(text)


@pytest.mark.parametrize("text", ONES)
def test_a_one_is_understood_as_people_type_it(text: str) -> None:
    """Alone, wrapped, behind "回复", or with a remark behind it."""
    assert understand(text, DECLARED) == Understood("booking", "digit")


@pytest.mark.parametrize("text", NO_DIGITS)
def test_a_number_that_is_no_answer_goes_to_people(text: str) -> None:
    """Dates, times, kilometres, two answers at once, and a digit that the message does not declare."""
    assert understand(text, DECLARED) == Understood("text", "none")


def test_a_digit_means_what_the_answered_message_declares() -> None:
    """The same "0" is "already done" for one message and for another only a text."""
    assert understand("0", DECLARED).meaning == "already_done"
    assert understand("0", {"1": "quote"}).meaning == "text"
    assert understand("1", {"1": "quote"}).meaning == "quote"
    assert understand("1", {}).meaning == "text"
    assert understand("\u0663", {"3": "call_me"}).meaning == "call_me"


@pytest.mark.parametrize(
    "text",
    [
        "START",
        "start!",
        "Start please",
        "UNSTOP",
        "ＳＴＡＲＴ",
        "恢复订阅",
        "恢復訂閱",
        "重新订阅",
        "取消退订",
        "回复 START",
    ],
)
def test_a_start_lifts_a_stop(text: str) -> None:
    """取消退订 holds 退订 and means the contrary."""
    assert understand(text, DECLARED) == Understood("start", "word")
    assert is_start(text)
    assert not is_stop(text)


@pytest.mark.parametrize("text", ["YES", "yes", " Yes! ", "ＹＥＳ"])
def test_a_lone_yes_is_twilios_start_and_marked_as_such(text: str) -> None:
    """Twilio has lifted its own block by then; whether the customer meant that, the caller may doubt."""
    assert understand(text, DECLARED) == Understood("start", "yes")


@pytest.mark.parametrize(
    "text", ["yes please", "Yes, Tuesday", "yes 1", "please start the repair", "when do you start", "开始"]
)
def test_a_yes_with_anything_else_is_an_answer_for_people(text: str) -> None:
    """YES starts only when nothing else stands there."""
    assert understand(text, DECLARED).meaning == "text"


@pytest.mark.parametrize("text", ["HELP", "help!", "INFO", "帮助", "please help"])
def test_help_is_help(text: str) -> None:
    """Twilio's words and the Chinese one."""
    assert understand(text, DECLARED) == Understood("help", "word")


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u200b", "\u3000"])
def test_nothing_is_empty(text: str) -> None:
    """Spaces and invisible characters are nothing."""
    assert understand(text, DECLARED) == Understood("empty", "none")


@pytest.mark.parametrize("text", ["👍", "?", "...", "谢谢", "好的", "我周五下午来"])
def test_the_rest_waits_for_a_person(text: str) -> None:
    """A thumb up is not nothing."""
    assert understand(text, DECLARED) == Understood("text", "none")


@given(st.text(max_size=300) | st.text("stop 退订不要再发短信给我取消1,。textingmesnd'", max_size=120))
def test_whatever_a_phone_sends_is_understood_somehow(text: str) -> None:
    """Never an error, always one of the meanings."""
    meaning = understand(text, DECLARED).meaning
    assert meaning in {"stop", "start", "help", "text", "empty", "booking", "already_done"}
    assert is_stop(text) == (meaning == "stop")


AROUND = st.text(" \t\n.,!?。,!…“”()【】~·-👍\u3000\u200b", max_size=6)
WORDS = [
    "STOP",
    "stop",
    "ＳＴＯＰ",
    "R",
    "ｒ",
    "TD",
    "T",
    "N",
    "退订",
    "不要再发",
    "拒收",
    "Opt Out",
    "回复R",
    "STOP please",
    "取消订阅",
]


@given(AROUND, st.sampled_from(WORDS), AROUND)
def test_a_stop_word_stays_one_inside_punctuation(before: str, word: str, after: str) -> None:
    """Brackets, exclamation marks, spaces of every width, a thumb."""
    assert is_stop(f"{before}{word}{after}")


@given(st.sampled_from(["R", "T", "N", "TD", "r", "td"]), st.sampled_from("8abcz保年"))
def test_a_single_letter_is_a_stop_only_when_it_is_the_entire_message(letter: str, more: str) -> None:
    """R8, T-Roc and "N年" are cars and years."""
    assert not is_stop(f"{letter}{more}")
    assert not is_stop(f"{more} {letter} {more}")


def test_a_very_long_text_is_understood_at_once() -> None:
    """Patterns stay linear enough for a webhook: 16,000 characters made to make them stumble."""
    for piece in (
        "不要再",
        "stop all the ",
        "dont want any more ",
        "take me off all ",
        "all the ",
        "取消短信预约",
        "((((",
        "1 ",
    ):
        began = thread_time()
        assert understand(piece * (16_000 // len(piece)), DECLARED).meaning in {"text", "stop"}
        assert thread_time() - began < 3
