"""`cluster`: groups and their map."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from curate.cli.app import JsonOption, WorkspaceOption, app, opened, print_result


@app.command()
def cluster(
    algorithm: Annotated[str | None, typer.Option(help="hdbscan or kmeans.")] = None,
    reducer: Annotated[str | None, typer.Option(help="umap or pca.")] = None,
    min_cluster_size: Annotated[int | None, typer.Option(help="hdbscan: images that make a cluster.")] = None,
    min_samples: Annotated[int | None, typer.Option(help="hdbscan: how cautious it is.")] = None,
    n_clusters: Annotated[int | None, typer.Option(help="kmeans: how many clusters.")] = None,
    n_neighbors: Annotated[int | None, typer.Option(help="umap: neighbours that shape the map.")] = None,
    min_dist: Annotated[float | None, typer.Option(help="umap: how close points may lie.")] = None,
    seed: Annotated[int | None, typer.Option(help="Makes the run repeatable.")] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Group the images, and make the map that shows the groups."""
    from curate.cli.progress_bar import finished

    parameters = {
        "algorithm": algorithm,
        "reducer": reducer,
        "min_cluster_size": min_cluster_size,
        "min_samples": min_samples,
        "n_clusters": n_clusters,
        "n_neighbors": n_neighbors,
        "min_dist": min_dist,
        "seed": seed,
    }
    with opened(workspace) as held:
        run = finished(held, held.start_clustering(parameters))
    print_result(run, as_json, [run_line(run)])


def run_line(run: Mapping[str, Any]) -> str:
    return (
        f"{run['clusters']:,} clusters of {run['images']:,} images in {run['seconds']:.1f} s; "
        f"{run['noise']:,} images belong to none (run {run['run_id']})."
    )
