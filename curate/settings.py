"""Every setting of the process, read once from `CURATE_*` variables."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Frozen settings; each field is the variable `CURATE_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="CURATE_", frozen=True, extra="ignore")

    workspace: Path = Field(Path("workspace"), description="Folder that holds the database, embeddings and thumbnails.")
    encoder: str = Field(
        "auto",
        description=(
            "`auto`, `clip-vit-b-32`, `clip-vit-l-14`, `siglip2-base`, `siglip2-so400m`, `siglip2-naflex`, `descriptor`"
            ", or a CLIP or SigLIP checkpoint by hub name or local folder."
        ),
    )
    device: str = Field("auto", description="`auto`, `cpu`, `cuda` or `cuda:N`: where the encoder computes.")
    hub_timeout: float = Field(3.0, gt=0, description="Seconds to wait for the model hub before going on without it.")
    decode_workers: int = Field(0, ge=0, description="Processes that decode images; 0 means one per core.")
    decode_seconds: float = Field(
        60.0, gt=0, description="Seconds that decoding one file may take; after them it is skipped, with that reason."
    )
    max_megapixels: int = Field(
        200, ge=1, description="Images with more pixels than this are skipped, with that reason."
    )
    import_on_start: Path | None = Field(None, description="A folder that the app imports when it starts.")
    import_roots: str = Field(
        "",
        description=(
            "Folders and addresses that may be imported from the app and the API, separated as in PATH; "
            "empty allows any."
        ),
    )
    api_token: str = Field("", description="When set, API calls need `Authorization: Bearer <token>`; the pages don't.")
    allowed_hosts: str = Field(
        "",
        description="Host names, separated by commas, that may reach the app beside localhost; `*` allows any.",
    )
    redis_url: str = Field(
        "",
        pattern=r"^$|^(redis|rediss|unix)://",
        description=(
            "Redis server for embedding by workers, such as `redis://localhost:6379/0`; without one, the app embeds."
        ),
    )
    app_url: str = Field(
        "",
        description=(
            "For workers: the app's address, such as `http://192.168.1.20:8501`, for images that they can't see."
        ),
    )
