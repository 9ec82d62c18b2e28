"""Notebook 06: the line of notebook 07 with what every stage made kept. Clicks > features > model > offers.

It takes {"day": …}: sessions with their offers lie in raw/clicks/DAY/, visitors without one in raw/visitors/DAY/.
"""

from pathlib import Path

from sagemaker import Session
from sagemaker.inputs import TrainingInput
from sagemaker.processing import ProcessingInput, ProcessingOutput
from sagemaker.sklearn import SKLearn, SKLearnModel, SKLearnProcessor
from sagemaker.transformer import Transformer
from stepfunctions import steps

OFFERS = Path(__file__).with_name("offers")
FOLDERS = "/opt/ml/processing"
PARTS = ("train", "validation", "test")


def click_line(lines, workshop):
    """The chain. `lines`: the other lines' builder, whose `keep` and `at` serve here too."""
    session = Session()
    machine = {"role": workshop.roles.jobs, "instance_type": "ml.m5.large", "instance_count": 1}
    upload = workshop.client("s3").upload_file
    for script in OFFERS.glob("*.py"):
        upload(str(script), lines.bucket, f"code/offers/{script.name}")

    # A job's name must be its own, and an execution's name is. Addresses depend on the day.
    run = {"run.$": f"States.Format('{lines.job}-{{}}', $$.Execution.Name)", "day.$": "$.day"}
    run |= {f"{part}.$": lines.at("processed/clicks", f"/{part}", "$.day") for part in PARTS}
    run |= {f"{raw}.$": lines.at(f"raw/{raw}", "", "$.day") for raw in ("clicks", "visitors")}
    run |= {"offers.$": lines.at("served/clicks", "", "$.day")}
    name = steps.Pass("Name the run", parameters=run)
    before = name.output()  # the SDK takes placeholders of the step before only

    prepare = steps.ProcessingStep(
        "Prepare features",
        processor=SKLearnProcessor(framework_version="1.2-1", sagemaker_session=session, **machine),
        job_name=before["run"],
        inputs=[
            ProcessingInput(f"s3://{lines.bucket}/code/offers", f"{FOLDERS}/code", "code"),
            ProcessingInput(before["clicks"], f"{FOLDERS}/sessions", "sessions"),
        ],
        outputs=[ProcessingOutput(f"{FOLDERS}/{part}", before[part], part) for part in PARTS],
        container_entrypoint=["python3", f"{FOLDERS}/code/prepare.py"],
        result_path="$.prepared",
    )
    features = lines.at("processed/clicks", "/", "$.day")
    note_features = lines.keep("Note features", features, lines.at("raw/clicks", "/", "$.day"), body=None)
    before = note_features.output()
    estimator = SKLearn(
        "train.py",
        source_dir=str(OFFERS),
        framework_version="1.2-1",
        output_path=f"s3://{lines.bucket}/enriched/clicks",
        metric_definitions=[{"Name": "accuracy", "Regex": "accuracy=([0-9.]+);"}],
        hyperparameters={"max-depth": 9, "trees": 30},
        sagemaker_session=session,
        **machine,
    )
    train = steps.TrainingStep(
        "Train model",
        estimator,
        before["run"],
        {part: TrainingInput(before[part]) for part in PARTS[:2]},
        result_path="$.trained",
    )
    artifact = "$.trained.ModelArtifacts.S3ModelArtifacts"
    learnt = ", ".join(lines.at("processed/clicks", f"/{part}/", "$.day") for part in PARTS[:2])
    note_model = lines.keep("Note model", artifact, learnt, body=None)
    before = note_model.output()
    model = SKLearnModel(
        before["trained"]["ModelArtifacts"]["S3ModelArtifacts"],
        workshop.roles.jobs,
        "train.py",
        source_dir=estimator.uploaded_code.s3_prefix,
        framework_version="1.2-1",
        sagemaker_session=session,
    )
    tags = {tag["Key"]: tag["Value"] for tag in workshop.tags}
    make = steps.ModelStep("Make model", model, before["run"], tags=tags, result_path="$.model")
    before = make.output()
    transformer = Transformer(
        None,
        1,
        "ml.m5.large",
        output_path=before["offers"],
        accept="text/csv",
        assemble_with="Line",
        sagemaker_session=session,
    )
    rows = {"content_type": "text/csv", "split_type": "Line", "join_source": "Input", "output_filter": "$[0,4,5]"}
    infer = steps.TransformStep(
        "Infer offers",
        transformer,
        before["run"],
        before["run"],
        before["visitors"],
        result_path="$.inferred",
        **rows,
    )
    inferred = lines.at("served/clicks", "/", "$.day")
    made_of = f"{artifact}, {lines.at('raw/visitors', '/', '$.day')}"
    note_offers = lines.keep("Note offers", inferred, made_of, body=None, words=True, output_path="$.run")
    return steps.Chain([name, prepare, note_features, train, note_model, make, infer, note_offers])
