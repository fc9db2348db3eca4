"""Which images a bulk change means, when a person names them by id, by a filter or by a cluster."""

from collections.abc import Sequence

from curate.clustering.service import ClusteringService
from curate.errors import InvalidInput
from curate.store.images import ImageStore
from curate.tagging.filters import parse_filter


def target_images(
    images: ImageStore,
    clustering: ClusteringService,
    *,
    image_ids: Sequence[str] | None = None,
    expression: str | None = None,
    cluster_id: int | None = None,
) -> list[str]:
    """Return the ids of the images that exactly one of the three names.

    Raises:
        InvalidInput: none or several of them are given, or they name no image at all.
        InvalidFilter: the expression can't be read.
        NotClustered, ClusterNotFound: for the cluster.
    """
    if sum(given is not None for given in (image_ids, expression, cluster_id)) != 1:
        raise InvalidInput("Say which images are meant in one way: by ids, by a filter or by a cluster.")
    if expression is not None:
        return _kept_by(images, expression)
    if cluster_id is not None:
        return _members(clustering, cluster_id)
    return list(image_ids or ())


def _kept_by(images: ImageStore, expression: str) -> list[str]:
    image_filter = parse_filter(expression)
    if not image_filter:
        raise InvalidInput("The filter is empty, and would mean every image. Name what to keep, such as cluster:1.")
    found = images.find(image_filter)
    if not found:
        raise InvalidInput(f"The filter “{str(image_filter)[:60]}” keeps no image, so there is nothing to change.")
    return found


def _members(clustering: ClusteringService, cluster_id: int) -> list[str]:
    found = clustering.members(cluster_id)
    if not found:
        raise InvalidInput("Every image on the map belongs to a cluster, so there is nothing to change.")
    return found
