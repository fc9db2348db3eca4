"""What a person can choose about a clustering, and where the choice comes from."""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from curate.errors import InvalidParameter

FILE_NAME = "clustering.yaml"
SECTION = "clustering"


class ClusteringParameters(BaseModel):
    """The parameters of one run. None stands for a default that grows with the number of images."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    algorithm: Literal["hdbscan", "kmeans"] = Field("hdbscan", description="hdbscan or kmeans")
    reducer: Literal["umap", "pca"] = Field("umap", description="umap or pca")
    n_neighbors: int = Field(15, ge=2, le=200, description="a whole number from 2 to 200")
    min_dist: float = Field(0.1, ge=0, le=1, description="a number from 0 to 1")
    min_cluster_size: int | None = Field(None, ge=2, description="a whole number of at least 2")
    min_samples: int = Field(5, ge=1, le=1000, description="a whole number from 1 to 1000")
    n_clusters: int | None = Field(None, ge=1, le=1000, description="a whole number from 1 to 1000")
    seed: int | None = Field(None, ge=0, lt=2**32, description="a whole number from 0 to 4294967295")

    def overridden(self, changes: Mapping[str, Any]) -> "ClusteringParameters":
        """Return these parameters with some values replaced.

        Raises:
            InvalidParameter: an unknown name, or a value outside its range.
        """
        return parameters_from({**self.model_dump(), **changes})

    def resolved(self, images: int) -> "ClusteringParameters":
        """Return the parameters for this many images, with no default left open but the k-means search.

        Raises:
            InvalidParameter: a size or number of clusters that so few images can't give.
        """
        for name in ("min_cluster_size", "n_clusters"):
            value = getattr(self, name)
            if value is not None and value > images:
                raise InvalidParameter(
                    f"{name} is {value:,}, but only {images:,} images are embedded. Choose {images:,} or less."
                )
        return self.model_copy(update={"min_cluster_size": self.min_cluster_size or default_min_cluster_size(images)})


def default_min_cluster_size(images: int) -> int:
    """Return 15 for a usual folder; a tenth of the images, but at least 3, in a small one; N / 2000 in a huge one."""
    return max(3, min(15, images // 10), images // 2000)


def parameters_from(values: Mapping[str, Any]) -> ClusteringParameters:
    """Return checked parameters.

    Raises:
        InvalidParameter: an unknown name, or a value outside its range, as a sentence.
    """
    try:
        return ClusteringParameters.model_validate(dict(values))
    except ValidationError as error:
        raise InvalidParameter(_sentence(error)) from error


def load_parameters(workspace: Path) -> ClusteringParameters:
    """Return the shipped parameters, overridden by those in the workspace's `clustering.yaml`, where it has one.

    Raises:
        InvalidParameter: the workspace's file can't be read, or holds nonsense.
    """
    shipped = yaml.safe_load((resources.files("curate.config") / FILE_NAME).read_text(encoding="utf-8"))
    parameters = parameters_from(shipped[SECTION])
    own = workspace / FILE_NAME
    if not own.exists():
        return parameters
    try:
        return parameters.overridden(_section(own))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidParameter(f"{own} can't be read: {error}. Correct it or delete it.") from error
    except InvalidParameter as error:
        raise InvalidParameter(f"In {own}: {error}") from error


def _section(file: Path) -> Mapping[str, Any]:
    content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    section = content.get(SECTION) if isinstance(content, dict) else content
    if section is not None and not isinstance(section, dict):
        raise InvalidParameter(f"there must be lines such as “min_cluster_size: 20” below “{SECTION}:”.")
    return section or {}


def _sentence(error: ValidationError) -> str:
    """Say what is wrong with the first value that is."""
    problem = error.errors()[0]
    name = str(problem["loc"][0])
    field = ClusteringParameters.model_fields.get(name)
    if field is None:
        known = ", ".join(ClusteringParameters.model_fields)
        return f"There is no clustering parameter “{name}”. There are: {known}."
    return f"{name} must be {field.description}, not {problem['input']!r}."
