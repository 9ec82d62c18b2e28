"""The charts of notebook 07: the jobs of a tuning, and what was predicted for whom."""

from collections import Counter

import matplotlib.pyplot as plt

from src.pictures import picture


def tuning_chart(sagemaker, tuning_job, always):
    """A bar for each training job of a tuning job: its metric, over its hyperparameters.

    Args:
        sagemaker: the client.
        tuning_job: its name.
        always: what is right if everybody gets the most frequent offer, drawn as a line.
    """
    listed = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=tuning_job, SortBy="CreationTime", SortOrder="Ascending"
    )["TrainingJobSummaries"]
    done = [job for job in listed if "FinalHyperParameterTuningJobObjectiveMetric" in job]
    scores = [job["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for job in done]
    labels = ["depth {max-depth}\n{trees} trees".format(**job["TunedHyperParameters"]) for job in done]
    figure, axes = plt.subplots(figsize=(6.4, 2.8), layout="constrained")
    axes.bar_label(axes.bar(labels, scores, width=0.5, color="#c6dbef"), fmt="%.3f", label_type="center")
    axes.axhline(always, linestyle="--", color="tab:red", label="always the same offer")
    axes.set(ylabel="accuracy", ylim=(0, 0.9), title="Accuracy on the validation part")
    axes.legend(loc="upper left", frameon=False)
    words = [f"{label}: {score:.3f}".replace("\n", ", ") for label, score in zip(labels, scores, strict=True)]
    return picture(figure, "Accuracy of each training job on the validation part. " + "; ".join(words))


def confusion_chart(taken, predicted):
    """A row for each offer that was taken: the shares of what was predicted."""
    names = sorted(set(taken))
    pairs = Counter(zip(taken, predicted, strict=True))
    table = [[pairs[row, column] / taken.count(row) for column in names] for row in names]
    figure, axes = plt.subplots(figsize=(4.6, 3.6), layout="constrained")
    axes.pcolormesh(table, cmap="Blues", vmin=0, vmax=1, edgecolors="white")
    axes.invert_yaxis()
    axes.set(title="Of those who took a row's offer", ylabel="taken", xlabel="predicted")
    middles = [number + 0.5 for number in range(len(names))]
    axes.set_xticks(middles, names, rotation=45)
    axes.set_yticks(middles, names)
    for y, row in zip(middles, table, strict=True):
        for x, share in zip(middles, row, strict=True):
            axes.text(x, y, f"{share:.0%}", ha="center", va="center", color="white" if share > 0.5 else "black")
    words = [f"{name} {table[number][number]:.0%}" for number, name in enumerate(names)]
    return picture(figure, "Predicted rightly: " + ", ".join(words))
