"""The month page and its neighbours, requested as a browser would."""

import io
import json
import re
from urllib.parse import unquote

import pytest

from hotline.clock import Month
from hotline.db import session
from hotline.people.models import Role
from hotline.statistics import editions, outputs, published
from hotline.statistics.sealing_models import Waiver
from tests.matters.months_printed import MONTHS, archive
from tests.matters.test_published import one_call


@pytest.fixture
def shelf(app):
    for month in MONTHS:
        published.take(archive(month), origin=f"{month}.json")
    session.commit()


@pytest.fixture
def statistician(client, sign_in):
    return sign_in(client, Role.STATISTICIAN)


@pytest.fixture
def administrator(client, sign_in):
    return sign_in(client, Role.ADMIN)


def shown(response) -> str:
    assert response.status_code == 200, response.status_code
    return response.get_data(as_text=True)


def words(html: str) -> str:
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", html))


def test_the_door_opens_on_the_month_that_has_ended(statistician):
    response = statistician.get("/bulletin/")
    assert response.status_code == 302
    assert re.search(r"/bulletin/\d{4}-\d{2}$", response.headers["Location"])


@pytest.mark.parametrize("month", MONTHS)
def test_the_page_shows_the_bulletin_as_it_prints(shelf, statistician, month):
    page = shown(statistician.get(f"/bulletin/{month}"))
    assert archive(month)["hotline"]["sentence"] in words(page)
    assert 'style="' not in page
    assert 'aria-current="page"' in page


def test_findings_stand_in_groups_with_proposal(shelf, statistician):
    page = words(shown(statistician.get("/bulletin/2023-03")))
    for said in ("全省总量72102≠各市之和217884", "建议值16198", "全省苏州相差+145782", "推算医院自有途径22913"):
        assert said in page
    assert page.index("热线") < page.index("全省")


def test_a_clean_month_says_so(shelf, statistician):
    assert "条规则全部相符" in shown(statistician.get("/bulletin/2024-02"))


def test_a_month_without_figures_says_what_to_do(shelf, statistician):
    page = shown(statistician.get("/bulletin/2019-05"))
    assert "还没有数据" in page
    assert "导入月报" in page


@pytest.mark.parametrize(
    "path",
    [
        "2024-13",
        "20240-2",
        "x",
        "2024-02/download/exe",
        "2024-02/charts/none.svg",
        "2024-02?version=7",
        "2024-02/draft",
    ],
)
def test_what_is_not_there_is_not_found(shelf, statistician, path):
    assert statistician.get(f"/bulletin/{path}").status_code == 404


@pytest.mark.parametrize("name", outputs.FORMATS)
def test_downloads_have_their_name_and_type(shelf, statistician, name):
    response = statistician.get(f"/bulletin/2024-02/download/{name}")
    form = outputs.FORMATS[name]
    assert response.status_code == 200
    assert response.content_type == form.mime
    told = response.headers["Content-Disposition"]
    assert told.startswith("attachment")
    assert f"12320统计_2024年02月_v1.{form.suffix}" in unquote(told)
    assert len(response.data) > 2000


def test_charts_can_be_taken_away(shelf, statistician):
    page = shown(statistician.get("/bulletin/2024-02/charts"))
    assert page.count('class="chart"') == 3
    response = statistician.get("/bulletin/2024-02/charts/trend.svg")
    assert response.content_type == "image/svg+xml"
    assert b"<style>" in response.data


def test_comparison_maps_changed_categories(shelf, statistician):
    page = words(shown(statistician.get("/bulletin/2024-02/compare?other=2018-03")))
    assert "受理总量9745822307-75151-77.1%" in page
    assert "其他人工4096602+6193" in page
    assert "口径不同，仅供参考" in page
    assert "其他人工人工服务+专家在线答疑+医院满意度调查（呼入）" in page


@pytest.mark.parametrize(
    ("month", "query", "status", "told"),
    [
        ("2024-02", "", 200, "2024年2月与2023年3月"),
        ("2019-03", "", 200, "2019-03还没有数据"),
        ("2018-03", "", 200, "没有适用于2017-03的版式"),
        ("2024-02", "?other=2017-01", 404, "没有适用于2017-01的版式"),
    ],
)
def test_a_comparison_finds_a_month_or_asks_for_another(shelf, statistician, month, query, status, told):
    response = statistician.get(f"/bulletin/{month}/compare{query}")
    page = words(response.get_data(as_text=True))
    assert response.status_code == status
    assert told in page
    assert "相比的月份" in page


def test_a_year_shows_gaps_as_gaps(shelf, statistician):
    page = words(shown(statistician.get("/bulletin/years/2024")))
    assert "2月223074247790" in page
    assert "3月———" in page
    assert shown(statistician.get("/bulletin/years/1"))


def test_a_correction_is_noted_and_the_print_stays(shelf, statistician):
    form = {"subject": "province.苏州", "value": "16198", "reason": "多印一位"}
    assert statistician.post("/bulletin/2023-03/corrections", data=form).status_code == 302
    page = words(shown(statistician.get("/bulletin/2023-03")))
    assert "全省苏州印161980，应为16198：多印一位" in page
    assert "苏州市161980人次" in page
    assert published.as_checked(Month("2023-03")).province.city_sum == 72102
    again = statistician.post("/bulletin/2023-03/corrections", data={**form, "value": "161980"})
    assert again.status_code == 409
    assert "无需更正" in again.get_data(as_text=True)


def test_a_reason_is_given_in_writing_once_per_person(app, client, sign_in):
    month = Month("2026-07")
    one_call(month)
    session.commit()
    statistician = sign_in(client, Role.STATISTICIAN)
    published.take(
        {**archive("2024-02"), "hotline": {**archive("2024-02")["hotline"], "year": 2026, "month": 6}}, origin="x"
    )
    session.commit()
    page = shown(statistician.get("/bulletin/2026-07"))
    key = re.search(r'name="key" value="(J1:[^"]+)"', page)[1]
    address = "/bulletin/2026-07/reasons"
    assert statistician.post(address, data={"key": key, "reason": ""}).status_code == 422
    assert statistician.post(address, data={"key": key, "reason": "线路检修"}).status_code == 302
    assert "线路检修" in shown(statistician.get("/bulletin/2026-07"))
    assert session.query(Waiver).one().reason == "线路检修"
    assert statistician.post(address, data={"key": key, "reason": "再说一次"}).status_code == 409
    assert statistician.post(address, data={"key": "J1:nothing", "reason": "没有"}).status_code == 404


def test_a_figure_opens_the_records_it_counts(app, client, sign_in):
    one_call(Month("2026-07"))
    session.commit()
    statistician = sign_in(client, Role.STATISTICIAN)
    page = shown(statistician.get("/bulletin/2026-07"))
    address = re.search(r'<a href="([^"]*records[^"]*)">1</a>', page)[1].replace("&amp;", "&")
    assert statistician.get(address).status_code == 200


def send(client, content: bytes):
    return client.post("/bulletin/import", data={"file": (io.BytesIO(content), "月报.json")})


def test_a_published_month_is_taken_in(app, statistician):
    content = json.dumps(archive("2024-02"), ensure_ascii=False).encode()
    response = send(statistician, content)
    assert response.headers["Location"].endswith("/bulletin/2024-02?source=printed")
    assert send(statistician, content).status_code == 302
    page = shown(statistician.get("/bulletin/import"))
    assert page.count("月报.json") == 1


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"hotline": 3}', b"[" * 100_000, b'{"a": "\\ud800"}'])
def test_a_bad_file_is_refused(app, statistician, content):
    assert send(statistician, content).status_code in (400, 422)
    assert published.months() == []


def body_of(**changes):
    body = {**editions.body_of(Month("2024-03")), "code": "next", "name": "新版", "valid_from": "2027-01", **changes}
    return json.dumps(body, ensure_ascii=False)


def test_an_edition_is_previewed_against_a_real_month_and_saved(shelf, administrator):
    assert "data-edition" in shown(administrator.get("/bulletin/editions/2024-02"))
    changed = json.loads(body_of())
    changed["hotline"]["title"] = "{line}月报（{y}年{m}月）"
    preview = administrator.post("/bulletin/editions/preview", json={"body": json.dumps(changed), "month": "2024-02"})
    assert "南京12320卫生热线月报（2024年2月）" in shown(preview)
    assert editions.saved() == []
    saved = administrator.post("/bulletin/editions/2024-02", data={"body": json.dumps(changed), "reason": "改题"})
    assert saved.status_code == 302
    assert "改题" in shown(administrator.get("/bulletin/editions"))


def test_a_month_that_is_not_sealed_can_be_previewed(shelf, administrator):
    one_call(Month("2026-07"))
    session.commit()
    page = shown(administrator.get("/bulletin/editions/2024-02"))
    offered = re.findall(r'<option value="(\d{4}-\d{2})"', page[page.index('id="against"') :])
    assert offered == ["2026-07", *sorted(MONTHS, reverse=True)]
    preview = administrator.post("/bulletin/editions/preview", json={"body": body_of(), "month": "2026-07"})
    assert "2026年7月" in words(shown(preview))


def test_an_edition_with_unknown_placeholders_is_refused(shelf, administrator):
    changed = json.loads(body_of())
    changed["hotline"] = {**changed["hotline"], "title": "{who}"}
    refused = administrator.post("/bulletin/editions/preview", json={"body": json.dumps(changed), "month": "2024-02"})
    assert refused.status_code == 422
    assert "不认识的占位符 {who}" in json.dumps(refused.get_json(), ensure_ascii=False)
    page = administrator.post("/bulletin/editions/2024-02", data={"body": json.dumps(changed), "reason": "错"})
    assert page.status_code == 422
    assert editions.saved() == []


def test_an_edition_over_a_printed_month_is_refused(shelf, administrator):
    sent = {"body": body_of(valid_from="2024-01"), "reason": "改过去"}
    response = administrator.post("/bulletin/editions/2024-02", data=sent)
    assert response.status_code == 422
    assert "请从 2024-03 起" in response.get_data(as_text=True)


@pytest.mark.parametrize("body", ["{", "[]", "[" * 100_000])
def test_an_edition_must_be_json(shelf, administrator, body):
    sent = {"body": body, "month": "2024-02"}
    assert administrator.post("/bulletin/editions/preview", json=sent).status_code == 422
