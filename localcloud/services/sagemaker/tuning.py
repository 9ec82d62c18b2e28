"""Hyperparameter tuning: training jobs whose hyperparameters Optuna proposes.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html. Random is a random
search, Bayesian a tree-structured Parzen estimator that starts with random jobs; both from a seed. AWS's own Bayesian
search is a Gaussian process: its proposals differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.door.wire import ServiceError, Structure
from localcloud.errors import UnsupportedLocally
from localcloud.services._jobs import JobFailed
from localcloud.services.sagemaker import contradictions
from localcloud.services.sagemaker.backend import Backend
from localcloud.services.sagemaker.jobs import PAGES, Job, Jobs
from localcloud.services.sagemaker.training import TrainingJob

if TYPE_CHECKING:
    import optuna

_SEED = 20260105

_STRATEGIES = ("Bayesian", "Random")

#: What a definition has that a training job has not, and what both say of the instance.
_TUNING_ONLY = frozenset(
    {
        *("StaticHyperParameters", "DefinitionName", "TuningObjective", "HyperParameterRanges"),
        *("HyperParameterTuningResourceConfig", "RetryStrategy"),
    }
)
_INSTANCE = frozenset({"InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId"})


class TuningJob(Job):
    """A tuning job.

    Args:
        training_jobs: all training jobs of the local cloud, among them those that it starts.

    Attributes:
        training: the jobs that it started, in order, with the values that were proposed for each.
    """

    kind, resource, registry = "HyperParameterTuningJob", "hyper-parameter-tuning-job", "hyper_parameter_tuning_jobs"
    title = "hyper parameter tuning job"

    def __init__(self, backend: Backend, name: str, request: Structure, *, training_jobs: Jobs[TrainingJob]) -> None:
        what = f'tuning job "{name}"'
        config = request["HyperParameterTuningJobConfig"]
        if config["Strategy"] not in _STRATEGIES:
            raise UnsupportedLocally(
                f"{what} has the strategy {config['Strategy']}; the local cloud has {' and '.join(_STRATEGIES)}. Set "
                "strategy to one of these, or set WORKSHOP_TARGET=aws."
            )
        if "TrainingJobDefinition" not in request:
            raise UnsupportedLocally(
                f"{what} tunes several definitions. Give one TrainingJobDefinition (one estimator), or set "
                "WORKSHOP_TARGET=aws."
            )
        for field in ("WarmStartConfig", "Autotune"):
            if request.get(field):
                raise UnsupportedLocally(f"{what} has {field}. Remove it, or set WORKSHOP_TARGET=aws.")
        contradictions.tuning(request)
        self._objective = config.get("HyperParameterTuningJobObjective") or {}
        if not self._objective:
            raise ServiceError("ValidationException", "A tuning job must have a HyperParameterTuningJobObjective.")
        self._ranges = _ranges(config.get("ParameterRanges") or {})
        if not self._ranges:
            raise ServiceError("ValidationException", "You must specify at least one hyperparameter range.")
        limits = config["ResourceLimits"]
        self._most, self._parallel = limits.get("MaxNumberOfTrainingJobs", 1), limits["MaxParallelTrainingJobs"]
        super().__init__(backend, name, request)
        self._training_jobs = training_jobs
        self.training: list[tuple[TrainingJob, dict[str, str]]] = []
        TrainingJob(backend, name, self._training_request(1, {}))  # what no training job could be is refused now

    async def run(self) -> None:
        """As many jobs at a time as may be, until all were run."""
        study = self._study()
        numbers = iter(range(1, self._most + 1))

        async def slot() -> None:
            for number in numbers:
                trial = study.ask()
                job = self._next(number, {name: propose(trial) for name, propose in self._ranges.items()})
                await job.start()
                value = self._value(job)
                study.tell(trial, value, state=None if value is not None else _failed())

        await self.clock.gather(slot() for _ in range(min(self._parallel, self._most)))
        if self.best() is None:
            if any(job.status == "Completed" for job, _ in self.training):
                raise JobFailed(
                    f"No objective metrics found after running {len(self.training)} training jobs. Please ensure that "
                    "the custom algorithm is emitting the objective metric as defined by the regular expression "
                    "provided."
                )
            example = next((f": {job.failure}" for job, _ in self.training if job.failure), "")
            raise JobFailed(
                "All training jobs failed. Please take a look at the training jobs failures to get more details"
                + example
            )

    async def wind_up(self) -> None:
        for job, _ in self.training:
            if job.status == "InProgress":
                job.stop()
        while any(job.ended is None for job, _ in self.training):
            await self.clock.sleep(1.0)

    def best(self) -> tuple[TrainingJob, dict[str, str]] | None:
        """The job with the best value of the objective metric so far."""
        sign = 1.0 if self._objective["Type"] == "Maximize" else -1.0
        done = [(sign * value, each) for each in self.training if (value := self._value(each[0])) is not None]
        return max(done, key=lambda each: each[0])[1] if done else None

    def _study(self) -> optuna.Study:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        random = self.request["HyperParameterTuningJobConfig"]["Strategy"] == "Random"
        seed = self.request["HyperParameterTuningJobConfig"].get("RandomSeed", _SEED)
        sampler: optuna.samplers.BaseSampler = (
            optuna.samplers.RandomSampler(seed)
            if random
            # The first jobs are random; that many, so that a search of ten learns something.
            else optuna.samplers.TPESampler(seed=seed, n_startup_trials=min(5, max(2, self._most // 3)))
        )
        return optuna.create_study(direction=self._objective["Type"].lower(), sampler=sampler)

    def _next(self, number: int, proposed: dict[str, str]) -> TrainingJob:
        """The training job with the values proposed."""
        job = self._training_jobs.create(self._training_request(number, proposed))
        job.tuning = self.arn
        self.training.append((job, proposed))
        return job

    def _training_request(self, number: int, proposed: dict[str, str]) -> Structure:
        """CreateTrainingJob's request; `<tuning job>-001-<what is its own>` is the name that AWS gives."""
        definition = self.request["TrainingJobDefinition"]
        static = dict(definition.get("StaticHyperParameters", {}))
        static["_tuning_objective_metric"] = self._objective["MetricName"]
        request = {key: value for key, value in definition.items() if key not in _TUNING_ONLY}
        if "HyperParameterTuningResourceConfig" in definition:
            # Several instance types are a list in order of preference.
            wanted = definition["HyperParameterTuningResourceConfig"]
            instance = (wanted.get("InstanceConfigs") or [wanted])[0]
            request["ResourceConfig"] = {key: value for key, value in instance.items() if key in _INSTANCE}
        return {
            **request,
            "TrainingJobName": f"{self.name[:32]}-{number:03d}",
            "HyperParameters": {**static, **proposed},
        }

    def _value(self, job: TrainingJob) -> float | None:
        return job.metrics.get(self._objective["MetricName"]) if job.status == "Completed" else None

    # ---- how it is described

    def describe(self) -> Structure:
        description = {key: value for key, value in super().describe().items() if key != "Tags"}
        states = [job.status for job, _ in self.training]
        values = [self._value(job) for job, _ in self.training]
        description["TrainingJobStatusCounters"] = {
            "Completed": states.count("Completed"),
            "InProgress": states.count("InProgress") + states.count("Stopping"),
            "RetryableError": 0,
            "NonRetryableError": states.count("Failed"),
            "Stopped": states.count("Stopped"),
        }
        ended = [value for value, (job, _) in zip(values, self.training, strict=True) if job.ended is not None]
        description["ObjectiveStatusCounters"] = {
            "Succeeded": sum(value is not None for value in ended),
            "Pending": len(values) - len(ended),
            "Failed": sum(value is None for value in ended),
        }
        best = self.best()
        if best is not None:
            description["BestTrainingJob"] = self._summary(*best)
        if self.ended is not None:
            description["HyperParameterTuningEndTime"] = self.ended
        return description

    def summary(self) -> Structure:
        return {**super().summary(), "Strategy": self.request["HyperParameterTuningJobConfig"]["Strategy"]}

    def summaries(self, request: Structure) -> Structure:
        """ListTrainingJobsForHyperParameterTuningJob."""
        found = [
            self._summary(job, proposed)
            for job, proposed in self.training
            if request.get("StatusEquals") in (None, job.status)
        ]
        by_value = request.get("SortBy") == "FinalObjectiveMetricValue"
        if by_value:
            found = [each for each in found if "FinalHyperParameterTuningJobObjectiveMetric" in each]

        def key(each: Structure) -> Any:
            if by_value:
                return each["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
            return each["TrainingJobName"] if request.get("SortBy") == "Name" else each["CreationTime"]

        found.sort(key=key, reverse=request.get("SortOrder", "Ascending") == "Descending")
        listed, token = PAGES.page(found, request, "ListTrainingJobsForHyperParameterTuningJob")
        return {"TrainingJobSummaries": listed, "NextToken": token}

    def _summary(self, job: TrainingJob, proposed: dict[str, str]) -> Structure:
        value = self._value(job)
        summary = {
            **{key: each for key, each in job.summary().items() if key not in ("LastModifiedTime", "SecondaryStatus")},
            "TunedHyperParameters": proposed,
            "ObjectiveStatus": "Pending" if job.ended is None else "Failed" if value is None else "Succeeded",
        }
        if value is not None:
            summary["FinalHyperParameterTuningJobObjectiveMetric"] = {
                "MetricName": self._objective["MetricName"],
                "Value": value,
                "Type": self._objective["Type"],
            }
        if job.failure:
            summary["FailureReason"] = job.failure
        return summary


def _ranges(ranges: Structure) -> dict[str, Any]:
    """For each hyperparameter: trial -> its value as text.

    https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-define-ranges.html
    """
    found: dict[str, Any] = {}
    for each in ranges.get("IntegerParameterRanges", []):
        low, high = int(each["MinValue"]), int(each["MaxValue"])
        found[each["Name"]] = _integer(each["Name"], low, high, _logarithmic(each))
    for each in ranges.get("ContinuousParameterRanges", []):
        bounds = float(each["MinValue"]), float(each["MaxValue"])
        found[each["Name"]] = _continuous(each["Name"], *bounds, each.get("ScalingType", "Auto"))
    for each in ranges.get("CategoricalParameterRanges", []):
        found[each["Name"]] = _categorical(each["Name"], list(each["Values"]))
    return found


def _logarithmic(each: Structure) -> bool:
    return each.get("ScalingType") == "Logarithmic"


def _integer(name: str, low: int, high: int, log: bool) -> Any:
    return lambda trial: str(trial.suggest_int(name, low, high, log=log))


def _continuous(name: str, low: float, high: float, scaling: str) -> Any:
    if scaling == "ReverseLogarithmic":  # for values in [0, 1): dense near 1
        return lambda trial: repr(1.0 - trial.suggest_float(name, 1.0 - high, 1.0 - low, log=True))
    return lambda trial: repr(trial.suggest_float(name, low, high, log=scaling == "Logarithmic"))


def _categorical(name: str, values: list[str]) -> Any:
    return lambda trial: trial.suggest_categorical(name, values)


def _failed() -> optuna.trial.TrialState:
    import optuna

    return optuna.trial.TrialState.FAIL
