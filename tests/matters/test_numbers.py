import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.calls.numbers import NumberKind, city_code, normalise

MOBILE = "+8613800001234"
LANDLINE = "+862583206620"

SPELLINGS = [
    ("13800001234", MOBILE),
    ("+8613800001234", MOBILE),
    ("+86 138 0000 1234", MOBILE),
    ("+86-138-0000-1234", MOBILE),
    ("(+86)13800001234", MOBILE),
    ("008613800001234", MOBILE),
    ("8613800001234", MOBILE),
    ("013800001234", MOBILE),
    ("+86013800001234", MOBILE),
    ("１３８００００１２３４", MOBILE),
    ("＋８６　１３８－００００－１２３４", MOBILE),
    ("1795113800001234", MOBILE),
    ("sip:+8613800001234@10.0.0.9;transport=udp", MOBILE),
    ('"来电" <sip:13800001234@gw.example>', MOBILE),
    ("tel:+86-138-0000-1234", MOBILE),
    ("13800001234/025-83206620", MOBILE),
    ("13800001234、13800005678", MOBILE),
    ("13800001234转0099", MOBILE),
    ("025-83206620", LANDLINE),
    ("025 8320 6620", LANDLINE),
    ("(025)83206620", LANDLINE),
    ("（025）8320-6620", LANDLINE),
    ("025/83206620", LANDLINE),
    ("02583206620", LANDLINE),
    ("+862583206620", LANDLINE),
    ("+86(0)25-83206620", LANDLINE),
    ("+86 025 8320 6620", LANDLINE),
    ("0086-25-83206620", LANDLINE),
    ("862583206620", LANDLINE),
    ("8602583206620", LANDLINE),
    ("025-83206620转8001", LANDLINE),
    ("025-83206620-8001", LANDLINE),
    ("025-83206620 ext. 8001", LANDLINE),
    ("025-83206620分机8001", LANDLINE),
    ("025-83206620x8001", LANDLINE),
    ("025–83206620", LANDLINE),
    ("0510-8320662", "+865108320662"),
    ("010 83206620", "+861083206620"),
    ("+861083206620", "+861083206620"),
    ("400-810-0000", "+864008100000"),
    ("+864008100000", "+864008100000"),
    ("110", "110"),
    ("120", "120"),
    ("12320", "12320"),
    ("12345", "12345"),
    ("+8612345", "12345"),
    ("10086", "10086"),
    ("95598", "95598"),
    ("025-12345", "+862512345"),
    ("02512345", "+862512345"),
    ("+862512345", "+862512345"),
    ("+14155550123", "+14155550123"),
    ("0014155550123", "+14155550123"),
    ("+852 2123 4567", "+85221234567"),
    ("8001", "8001"),
    ("转8001", "8001"),
    ("83206620", "83206620"),
    ("client:agent8001", "client:agent8001"),
    ("sip:desk.three@pbx.example", "sip:desk.three@pbx.example"),
]

NO_NUMBER = [
    None,
    "",
    "   ",
    "anonymous",
    "Anonymous",
    "unknown",
    "Restricted",
    "Unavailable",
    "Private Number",
    "未显示",
    "匿名",
    "+266696687",
    "+7378742833",
    "+8656696",
    "00000000000",
    "sip:anonymous@anonymous.invalid",
    "无",
]


@pytest.mark.parametrize(("raw", "key"), SPELLINGS)
def test_every_spelling_of_a_number_has_its_one_key(raw, key):
    assert normalise(raw).search_key == key


@pytest.mark.parametrize("raw", NO_NUMBER)
def test_no_number_is_anonymous_and_has_no_hash(raw):
    number = normalise(raw)
    assert number.kind is NumberKind.ANONYMOUS
    assert (number.search_key, number.display, number.hash) == ("", "", None)


@pytest.mark.parametrize(
    ("raw", "kind", "display", "area_code", "extension"),
    [
        ("+86 138 0000 1234", NumberKind.MOBILE, "13800001234", "", ""),
        ("02583206620", NumberKind.LANDLINE, "025-83206620", "025", ""),
        ("(0510)83206620转8001", NumberKind.LANDLINE, "0510-83206620转8001", "0510", "8001"),
        ("+862512345", NumberKind.SHORT, "025-12345", "025", ""),
        ("10086", NumberKind.SHORT, "10086", "", ""),
        ("0014155550123", NumberKind.INTERNATIONAL, "+14155550123", "", ""),
        ("8001", NumberKind.EXTENSION, "8001", "", ""),
        ("123456789012345678", NumberKind.OTHER, "123456789012345678", "", ""),
        ("client:agent8001", NumberKind.ENDPOINT, "client:agent8001", "", ""),
    ],
)
def test_kind_display_dial_code_and_extension(raw, kind, display, area_code, extension):
    number = normalise(raw)
    assert (number.kind, number.display, number.area_code, number.extension) == (kind, display, area_code, extension)


def test_a_bare_local_number_belongs_to_the_home_city():
    assert normalise("83206620", home_dial="025").search_key == LANDLINE
    assert normalise("8320-6620转8001", home_dial="025").display == "025-83206620转8001"
    assert normalise("13800001234", home_dial="025").search_key == MOBILE


def test_spellings_of_one_number_share_one_hash_and_others_do_not(app):
    assert normalise("025-83206620").hash == normalise("+862583206620").hash
    assert normalise("025-83206620").hash != normalise("025-83206621").hash


def test_the_dial_code_names_the_city(app):
    assert city_code(normalise("025-83206620")) == "320100"
    assert city_code(normalise("0999-8320662")) is None
    assert city_code(normalise("13800001234")) is None


ANYTHING = st.one_of(st.text(max_size=40), st.text(alphabet="0123456789+-() 转x/,;sip:@０１", max_size=24))


@settings(max_examples=1500, deadline=None)
@given(ANYTHING, st.sampled_from(["", "025", "0510"]))
def test_reading_never_raises_and_reading_again_changes_nothing(raw, home):
    once = normalise(raw, home)
    assert normalise(once.display, home) == once
    assert normalise(once.search_key, home).search_key == once.search_key


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.data())
def test_a_mobile_in_any_dress_is_the_same_number(digits, data):
    prefix = data.draw(st.sampled_from(["", "+86", "0086", "86", "+86 ", "0", "+86-"]))
    gap = data.draw(st.sampled_from(["", " ", "-"]))
    tail = data.draw(st.sampled_from(["", "转12", " ext 9", " "]))
    written = f"{prefix}{digits[:3]}{gap}{digits[3:7]}{gap}{digits[7:]}{tail}"
    assert normalise(written).search_key == f"+86{digits}"


@given(st.sampled_from(["10", "25", "510", "999"]), st.from_regex(r"[2-8][0-9]{7}", fullmatch=True), st.data())
def test_a_landline_in_any_dress_is_the_same_number(area, local, data):
    dress = data.draw(
        st.sampled_from(["0{a}-{l}", "(0{a}){l}", "+86{a}{l}", "0086{a}-{l}", "0{a}{l}", "0{a}/{l}", "0{a}-{l}-12"])
    )
    assert normalise(dress.format(a=area, l=local)).search_key == f"+86{area}{local}"
