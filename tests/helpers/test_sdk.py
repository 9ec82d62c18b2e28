"""The traps of the Step Functions Data Science SDK, closed or pointed out once helpers is imported."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from stepfunctions import steps
from stepfunctions.inputs import ExecutionInput
from stepfunctions.steps import Chain, ChoiceRule, Graph
from stepfunctions.workflow import Workflow

import draw
from helpers import WorkshopError, deploy, graphs, run, show
from helpers.session import Session

INPUT = ExecutionInput(schema={"x": str, "items": list, "n": int})
GIVEN = {"x": "it's {here}", "items": [1, 2], "n": 3}


def written(state: Any) -> dict[str, Any]:
    """A state as it goes to the service."""
    return dict(json.loads(Graph(state).to_json())["States"][state.state_id])


def output_of(state: Any) -> Any:
    return run(deploy(state, "workshop-sdk"), GIVEN).output


# ---- placeholders


def test_a_placeholder_stands_in_a_list_of_parameters(workshop: Session) -> None:
    listed = ["--x", INPUT["x"], 7, None, True, ["in'side", INPUT["n"]], {"plain": "{}"}]
    given = output_of(steps.Pass("Listed", parameters={"args": listed, "same": ["--y"]}))
    assert given == {
        "args": ["--x", GIVEN["x"], 7, None, True, ["in'side", 3], {"plain": "{}"}],
        "same": ["--y"],
    }


def test_a_list_of_objects_keeps_its_form() -> None:
    state = steps.Pass("Objects", parameters={"env": [{"Name": "a", "Value": INPUT["x"]}]})
    assert written(state)["Parameters"] == {"env": [{"Name": "a", "Value.$": "$$.Execution.Input['x']"}]}


def test_a_list_that_no_intrinsic_function_makes_names_its_state() -> None:
    with pytest.raises(ValueError, match=r'State "Mixed": the list args holds a placeholder beside an object'):
        written(steps.Pass("Mixed", parameters={"args": [INPUT["x"], {"b": INPUT["n"]}]}))


def test_a_placeholder_is_a_path(workshop: Session) -> None:
    assert output_of(steps.Map("Each", iterator=steps.Pass("Item"), items_path=INPUT["items"])) == [1, 2]
    assert written(steps.Wait("Wait", seconds=INPUT["n"]))["SecondsPath"] == "$$.Execution.Input['n']"


def test_where_no_path_stands_a_placeholder_is_refused_with_the_state_s_name() -> None:
    with pytest.raises(ValueError, match=r'State "Fixed": result takes no placeholder'):
        written(steps.Pass("Fixed", result={"a": [INPUT["x"]]}))


@pytest.mark.parametrize(
    "made", ["s3://b/{}".format, "s3://b/%s".__mod__, str, lambda x: "s3://b/" + x, lambda x: x + "/"]
)
def test_text_made_of_a_placeholder_says_what_to_write_instead(made: Callable[[Any], str]) -> None:
    with pytest.raises(TypeError, match=r"States\.Format.*\$\$\.Execution\.Input\['x'\]"):
        made(INPUT["x"])


def test_a_rule_compares_a_placeholder_with_a_placeholder() -> None:
    rule = ChoiceRule.NumericGreaterThanPath(INPUT["n"], INPUT["x"])
    assert rule.to_dict() == {
        "Variable": "$$.Execution.Input['n']",
        "NumericGreaterThanPath": "$$.Execution.Input['x']",
    }
    with pytest.raises(ValueError, match="Use NumericEqualsPath for a placeholder"):
        ChoiceRule.NumericEquals("$.a", INPUT["n"])
    with pytest.raises(ValueError, match="NumericEquals compares what a path or a placeholder names, not None"):
        ChoiceRule.NumericEquals(None, 1)


# ---- inputs


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        (None, "x is missing; items is missing; n is missing"),
        ({**GIVEN, "n": "3"}, "n is str, not int"),
        ([1], "it is a list, not a dict"),
    ],
)
def test_an_input_that_does_not_fit_its_schema_says_how(workshop: Session, given: Any, wrong: str) -> None:
    workflow = Workflow("workshop-sdk", steps.Pass("Only"), workshop.roles.states, execution_input=INPUT)
    deploy(workflow)
    with pytest.raises(WorkshopError, match=wrong):
        run(workflow, given)


def test_the_sdk_s_own_execute_refuses_a_missing_input_in_its_words(workshop: Session) -> None:
    workflow = Workflow("workshop-sdk", steps.Pass("Only"), workshop.roles.states, execution_input=INPUT)
    deploy(workflow)
    with pytest.raises(ValueError, match="Expected run input with the schema"):
        workflow.execute()


# ---- attributes


def test_a_mistyped_attribute_of_a_state_is_an_error_and_a_field_that_is_not_set_none() -> None:
    state = steps.Task("Call", resource="arn:aws:states:::lambda:invoke")
    assert state.timeout_seconds is None
    with pytest.raises(AttributeError, match=r"A Task has no 'timeout_second'\. Did you mean timeout_seconds\?"):
        state.timeout_second  # noqa: B018


# ---- pictures


def test_the_sdk_s_pictures_are_the_kit_s(workshop: Session) -> None:
    workflow = Workflow("workshop-sdk", steps.Pass("Only"), workshop.roles.states)
    deploy(workflow)
    execution = workflow.execute()
    execution.get_output(wait=True)
    assert workflow.render_graph().svg == show(workflow, landscape=True).svg
    assert workflow.render_graph(portrait=True).svg == show(workflow).svg
    assert execution.render_progress(portrait=True).svg == show(execution).svg
    assert isinstance(execution.list_events(html=True), draw.Page)
    assert [event["type"] for event in execution.list_events(max_items=1)] == ["ExecutionStarted"]


# ---- what is deployed and shown


@pytest.mark.parametrize("wrap", [lambda state: state, lambda state: Chain([state]), Graph])
def test_a_state_a_chain_and_a_graph_are_deployed_and_shown(workshop: Session, wrap: Any) -> None:
    what = wrap(steps.Pass("Only", result=5))
    assert run(deploy(what, "workshop-sdk")).output == 5
    assert "Only" in show(what).text


def test_a_template_is_deployed_shown_and_run_as_its_workflow(workshop: Session) -> None:
    workflow = Workflow("workshop-template", steps.Pass("Only", result=6), workshop.roles.states)
    template = SimpleNamespace(workflow=workflow, get_workflow=lambda: workflow)
    assert deploy(template).name == "workshop-template"
    assert run(template).output == 6
    assert "Only" in show(template).text


def test_a_file_s_name_is_no_definition_and_the_message_says_what_to_give(workshop: Session) -> None:
    with pytest.raises(WorkshopError, match="give the Path of its file"):
        deploy("src/handler.py", "workshop-sdk")
    with pytest.raises(WorkshopError, match="A int has no definition"):
        deploy(5, "workshop-sdk")


def test_a_value_that_json_has_no_form_for_names_its_state(workshop: Session) -> None:
    with pytest.raises(WorkshopError, match=r'State "Odd" cannot be written as JSON: .*PosixPath|WindowsPath'):
        deploy(steps.Pass("Odd", parameters={"a": Path("b")}), "workshop-sdk")


# ---- settings that the SDK does not send


def estimator(workshop: Session, **settings: Any) -> Any:
    from sagemaker import Session as SageMaker
    from sagemaker.estimator import Estimator

    return Estimator(
        "image", workshop.roles.jobs, 1, "ml.m5.large", output_path=f"s3://{workshop.bucket}/out",
        sagemaker_session=SageMaker(default_bucket=workshop.bucket), **settings
    )  # fmt: skip


def test_the_settings_of_an_estimator_that_its_step_does_not_send_are_named(workshop: Session) -> None:
    plain = steps.TrainingStep("Plain", estimator(workshop), "workshop-a")
    dropped = steps.TrainingStep("Dropped", estimator(workshop, environment={"A": "1"}), "workshop-b")
    sent = steps.TrainingStep(
        "Sent", estimator(workshop, environment={"A": "1"}), "workshop-c", parameters={"Environment": {"A": "1"}}
    )
    saved = steps.TrainingStep("Saved", estimator(workshop, checkpoint_s3_uri="s3://b/c"), "workshop-d")
    each = steps.Map("Each", iterator=Chain([plain, dropped, sent, saved]))
    lines = list(graphs.unsent(Graph(each)))
    assert [line.split(". ")[0] for line in lines] == [
        'State "Dropped": the SDK does not send the estimator\'s environment',
        'State "Saved": the SDK does not send the estimator\'s checkpoint_s3_uri',
    ]


def test_the_settings_of_a_processor_and_of_a_model_that_their_steps_do_not_send_are_named(workshop: Session) -> None:
    from sagemaker import Session as SageMaker
    from sagemaker.model import Model
    from sagemaker.processing import Processor

    sage = SageMaker(default_bucket=workshop.bucket)
    processor = Processor(workshop.roles.jobs, "i", 1, "ml.m5.large", output_kms_key="k", sagemaker_session=sage)
    model = Model("i", "s3://b/m", workshop.roles.jobs, enable_network_isolation=True, sagemaker_session=sage)
    chain = Chain([steps.ProcessingStep("P", processor, "workshop-p"), steps.ModelStep("M", model, "workshop-m")])
    assert [line.split(". ")[0] for line in graphs.unsent(Graph(chain))] == [
        'State "P": the SDK does not send the processor\'s output_kms_key',
        'State "M": the SDK does not send the model\'s enable_network_isolation',
    ]


def test_links_lead_to_the_local_page(workshop: Session) -> None:
    workflow = Workflow("workshop-link", steps.Pass("A"), workshop.roles.states)
    deploy(workflow)
    execution = workflow.execute()
    pages = [workflow._repr_html_(), execution._repr_html_(), workflow.list_executions(html=True).data]
    assert [str(workshop.page) in page for page in pages] == [True] * 3
    assert not any("console.aws" in page for page in pages)


def test_a_tuner_s_estimator_is_looked_at_too(workshop: Session) -> None:
    from sagemaker.tuner import HyperparameterTuner, IntegerParameter

    tuner = HyperparameterTuner(
        estimator(workshop, environment={"A": "1"}), "validation:auc", {"depth": IntegerParameter(1, 3)},
        [{"Name": "validation:auc", "Regex": "(.*)"}],
    )  # fmt: skip
    step = steps.TuningStep("Tune", tuner, "workshop-t", {"train": f"s3://{workshop.bucket}/d"})
    (line,) = graphs.unsent(Graph(step))
    assert line.startswith('State "Tune": the SDK does not send the estimator\'s environment')
