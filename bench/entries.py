"""All entries, in the order in which they run."""

from bench import cluster, decode, embed, import_images, import_memory, open_embeddings, reimport, search, tag
from bench.measurement import Entry

ENTRIES = {
    entry.name: entry
    for entry in (
        Entry("search", "nearest 50 of 100,000 vectors, beside scikit-learn and NumPy", search.measure),
        Entry("open", "opening 100,000 embeddings, beside a DuckDB column", open_embeddings.measure),
        Entry(
            "million",
            "opening 1,000,000 embeddings (5 GB of disk), beside a DuckDB column",
            open_embeddings.measure_million,
        ),
        Entry("tag", "tagging 10,000 images and undoing it, beside rows in DuckDB and SQLite", tag.measure),
        Entry("reimport", "importing 10,000 unchanged files again, beside hashing them", reimport.measure),
        Entry("decode", "decoding one JPEG of 12 and of 2 megapixels, beside plain Pillow", decode.measure),
        Entry(
            "import", "importing images with CLIP and with the descriptor, beside plain loops", import_images.measure
        ),
        Entry("embed", "importing photos of 2 megapixels, beside the forward pass alone and a pipeline", embed.measure),
        Entry("memory", "peak memory of importing 200 to 800 photos of 12 megapixels", import_memory.measure),
        Entry("cluster", "map and clusters of 10,000 vectors, beside UMAP and HDBSCAN by default", cluster.measure),
    )
}
