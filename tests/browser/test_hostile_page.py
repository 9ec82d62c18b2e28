"""A web page that the reader has open asks the local cloud in every way that a browser has, and gets nothing."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.conftest import LocalCloud

#: Whatever name the page gives this machine, or itself, leads here.
FOOLED = [flag for flag in FLAGS if not flag.startswith("--host-resolver-rules")] + [
    "--host-resolver-rules=MAP *.example 127.0.0.1 , MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
    "--disable-features=LocalNetworkAccessChecks",  # or Chromium would ask a person, as other browsers do not
]

#: What once ran a function of the page's as the reader: a role, an upload by form, a function, a workflow.
ATTACK = """async ({ cloud, token }) => {
    const role = "arn:aws:iam::123456789012:role/hostile";
    const signed = (service) =>
        `AWS4-HMAC-SHA256 Credential=local/20260105/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
    const machine = { StartAt: "A", States: { A: { Type: "Pass", End: true } } };
    const json = (target, body, service) => [ "/", { method: "POST", body: JSON.stringify(body), headers: {
        "X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0", Authorization: signed(service) } } ];
    const form = new FormData();
    form.append("key", "code.zip");
    form.append("file", new Blob(["PK"]), "code.zip");
    const query = (text) => ({ method: "POST", mode: "no-cors", body: new URLSearchParams(text) });
    const tries = [
        json("AWSStepFunctions.CreateStateMachine",
            { name: "hostile", definition: JSON.stringify(machine), roleArn: role }, "states"),
        json("DynamoDB_20120810.DeleteTable", { TableName: "own" }, "dynamodb"),
        ["/", query("Action=CreateRole&Version=2010-05-08&RoleName=hostile&AssumeRolePolicyDocument={}")],
        ["/?X-Amz-Target=AWSStepFunctions.ListStateMachines", { method: "POST", mode: "no-cors", body: "{}" }],
        ["/hostile", { method: "PUT" }],
        ["/own", { method: "POST", mode: "no-cors", body: form }],
        ["/own/kept", { method: "DELETE" }],
        ["/own/kept", { mode: "no-cors" }],
        ["/moto-api/reset", { method: "POST", mode: "no-cors" }],
        ["/moto-api/config", { method: "POST", mode: "no-cors", body: '{"lambda": {"use_docker": true}}' }],
        ["/moto-api/recorder/start-recording", { method: "POST", mode: "no-cors" }],
        ["/2015-03-31/functions", { method: "POST", mode: "no-cors", body: "{}" }],
        ["/workshop", {}],
        ["/workshop/state", { mode: "no-cors" }],
        [`/workshop/state?token=${token}`, {}],
    ];
    const read = [];
    let sent = 0; // without asking first; the browser keeps their answers from the page
    for (const [path, options] of tries) {
        try {
            const answer = await fetch(cloud + path, options);
            if (answer.type === "opaque") sent += 1;
            else read.push([path, answer.status, await answer.text()]);
        } catch {} // it asked first, and was not let
    }
    return [sent, read];
}"""


class _Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>hostile</title>")

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[int]:
    """The port of the attacker's web site."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FOOLED)
    yield browser
    browser.close()


@pytest.fixture
def page(browser: Browser, site: int) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(f"http://attacker.example:{site}/")
    yield page
    page.close()


def own(cloud: LocalCloud) -> Any:
    """What the reader has: a table, and a bucket with an object."""
    cloud.client("s3").create_bucket(Bucket="own")
    cloud.client("s3").put_object(Bucket="own", Key="kept", Body=b"mine")
    dynamodb = cloud.client("dynamodb")
    if "own" not in dynamodb.list_tables()["TableNames"]:
        key = {"AttributeName": "k"}
        dynamodb.create_table(
            TableName="own",
            KeySchema=[key | {"KeyType": "HASH"}],
            AttributeDefinitions=[key | {"AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    return account(cloud)


def account(cloud: LocalCloud) -> Any:
    """All that the attack tries to make, to empty or to take away."""
    return {
        "buckets": [each["Name"] for each in cloud.client("s3").list_buckets()["Buckets"]],
        "objects": [each["Key"] for each in cloud.client("s3").list_objects_v2(Bucket="own").get("Contents", [])],
        "roles": [each["RoleName"] for each in cloud.client("iam").list_roles()["Roles"]],
        "tables": cloud.client("dynamodb").list_tables()["TableNames"],
        "functions": cloud.client("lambda").list_functions()["Functions"],
        "machines": [each["name"] for each in cloud.client("stepfunctions").list_state_machines()["stateMachines"]],
    }


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "attacker.example"])  # the last by DNS rebinding
def test_a_page_of_another_site_makes_deletes_and_reads_nothing(local_cloud: LocalCloud, page: Page, name: str) -> None:
    before = own(local_cloud)
    answers: list[tuple[str, int]] = []
    page.on("response", lambda response: answers.append((response.url, response.status)))
    token = local_cloud.page.rpartition("=")[2]  # even if it had leaked
    port = local_cloud.endpoint.rpartition(":")[2]
    sent, read = page.evaluate(ATTACK, {"cloud": f"http://{name}:{port}", "token": token})
    assert read == []
    assert len(answers) == sent == 9
    assert {status for _, status in answers} == {403}
    assert account(local_cloud) == before


def test_a_page_whose_name_was_rebound_to_this_machine_is_not_served(local_cloud: LocalCloud, page: Page) -> None:
    port = local_cloud.endpoint.rpartition(":")[2]
    for path in ("/", "/workshop", "/moto-api/"):
        answer = page.goto(f"http://attacker.example:{port}{path}")
        assert answer is not None
        assert answer.status == 403


def test_a_form_that_the_reader_is_made_to_send_changes_nothing(local_cloud: LocalCloud, page: Page, site: int) -> None:
    before = own(local_cloud)
    for path in ("/moto-api/reset", "/own", "/"):
        page.goto(f"http://attacker.example:{site}/")
        page.set_content(f'<form method="post" action="{local_cloud.endpoint}{path}"><button>x</button></form>')
        with page.expect_navigation() as sent:
            page.click("button")
        assert sent.value is not None
        assert sent.value.status == 403
    assert account(local_cloud) == before


def test_the_reader_reads_the_page_for_a_second_screen(local_cloud: LocalCloud, page: Page) -> None:
    """The same browser, and the same cloud: what turns the attacker away lets the reader in."""
    answer = page.goto(local_cloud.page)
    assert answer is not None
    assert answer.status == 200
    page.get_by_text("Nothing has run yet").or_(page.locator("#executions button")).first.wait_for()
