"""`worker`: embeds images for an app, on this machine or another."""

from typing import Annotated

import typer

from curate.cli.app import JsonOption, app, images_in_words, print_result


@app.command()
def worker(
    redis_url: Annotated[str | None, typer.Option("--redis", help="The Redis server; CURATE_REDIS_URL.")] = None,
    app_url: Annotated[str | None, typer.Option("--app", help="The app's address; CURATE_APP_URL.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Embed images for the app, until Ctrl-C; start as many as there are machines or GPUs."""
    from curate.embedding.loading import load_encoder
    from curate.environment import settings_from_environment
    from curate.jobs.worker import run_worker

    settings = settings_from_environment()
    given = {"redis_url": redis_url, "app_url": app_url}
    settings = settings.model_copy(update={name: value for name, value in given.items() if value is not None})
    loaded = load_encoder(settings)
    if loaded.notice:
        typer.echo(loaded.notice, err=True)
    images = run_worker(settings, loaded.encoder, lambda line: typer.echo(line, err=True))
    print_result({"embedded": images}, as_json, [f"Embedded {images_in_words(images)}."])
