-- The whole schema, version 2. A later version adds a file to migrations/ and changes this one to match. Times are UTC.
-- No foreign keys: DuckDB refuses to update a referenced row. Image ids are 12 characters, which DuckDB keeps inline.

CREATE TABLE meta (key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL);

-- Folders (or addresses such as s3://bucket/pictures) that a person imported: one import's scope.
CREATE TABLE sources (
    path VARCHAR PRIMARY KEY,
    added_at TIMESTAMP NOT NULL,
    watched BOOLEAN DEFAULT false        -- whether new files are imported by themselves
);

CREATE TABLE images (
    id VARCHAR PRIMARY KEY,
    number BIGINT NOT NULL,              -- order of import, the default order on the screen
    path VARCHAR NOT NULL,               -- absolute; unique among images that are not missing
    folder VARCHAR NOT NULL,             -- the path's folder, shown relative to its source
    source VARCHAR NOT NULL,             -- sources.path
    name VARCHAR NOT NULL,
    size_bytes BIGINT NOT NULL,
    modified_ns BIGINT NOT NULL,
    content_hash VARCHAR NOT NULL,       -- BLAKE2b-128 of the file, hex
    width INTEGER NOT NULL,              -- after EXIF orientation
    height INTEGER NOT NULL,
    format VARCHAR NOT NULL,
    has_alpha BOOLEAN NOT NULL,
    perceptual_hash UBIGINT NOT NULL,    -- 64-bit DCT hash
    sharpness FLOAT NOT NULL,
    brightness FLOAT NOT NULL,
    contrast FLOAT NOT NULL,
    imported_at TIMESTAMP NOT NULL,
    missing_since TIMESTAMP,             -- set when an import no longer finds the file
    information FLOAT,                   -- entropy of the lightness, bits a pixel; NULL: not measured yet
    black_bars FLOAT                     -- share of the picture that near-black bars along its edges take, 0 to 1
);
CREATE SEQUENCE image_number START 1;
CREATE INDEX images_path ON images (path);

CREATE TABLE skipped_files (
    path VARCHAR PRIMARY KEY,
    source VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    size_bytes BIGINT NOT NULL,
    modified_ns BIGINT NOT NULL
);

CREATE TABLE captions (
    image_id VARCHAR PRIMARY KEY,
    text VARCHAR NOT NULL,               -- '': a person removed what the sidecar says
    origin VARCHAR NOT NULL,             -- 'sidecar' or 'user'
    updated_at TIMESTAMP NOT NULL,
    file_text VARCHAR,                   -- what the sidecar says by now, where a person has not decided between both
    seen_text VARCHAR                    -- what the sidecar said when the person wrote their own, or decided
);

-- The caption and metadata files that were read, as they were then.
CREATE TABLE sidecars (path VARCHAR PRIMARY KEY, size_bytes BIGINT NOT NULL, modified_ns BIGINT NOT NULL);

CREATE TABLE metadata (
    image_id VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    PRIMARY KEY (image_id, key)
);

-- The encoders that images were embedded with here; meta's `active_encoder` names the one that pages and searches use.
CREATE TABLE encoders (
    name VARCHAR PRIMARY KEY,
    label VARCHAR NOT NULL,
    dimension INTEGER NOT NULL,
    origin VARCHAR NOT NULL,             -- 'model': images can be embedded with it; 'import': vectors came from a file
    added_at TIMESTAMP NOT NULL,
    checkpoint VARCHAR,                  -- what loads the model again: a hub name or a folder
    file VARCHAR                         -- in embeddings/; NULL: <name>.npy
);

-- Which row of embeddings/<encoder>.npy holds an image's vector.
CREATE TABLE embeddings (
    encoder VARCHAR NOT NULL,
    image_id VARCHAR NOT NULL,
    row_number BIGINT NOT NULL,
    PRIMARY KEY (encoder, image_id)
);

CREATE TABLE image_tags (
    image_id VARCHAR NOT NULL,
    tag VARCHAR NOT NULL,
    tagged_at TIMESTAMP NOT NULL,
    PRIMARY KEY (image_id, tag)
);

-- The journal of undoable changes: an operation and the rows that it really changed.
CREATE SEQUENCE operation_id START 1;
CREATE TABLE operations (
    id BIGINT PRIMARY KEY,
    kind VARCHAR NOT NULL,               -- 'tag' or 'untag'
    tag VARCHAR NOT NULL,
    count BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    undone_at TIMESTAMP
);
CREATE TABLE operation_images (operation_id BIGINT NOT NULL, image_id VARCHAR NOT NULL);

CREATE SEQUENCE run_id START 1;
CREATE TABLE cluster_runs (
    id BIGINT PRIMARY KEY,
    algorithm VARCHAR NOT NULL,
    reducer VARCHAR NOT NULL,
    encoder VARCHAR NOT NULL,
    parameters VARCHAR NOT NULL,         -- JSON
    images BIGINT NOT NULL,
    clusters BIGINT NOT NULL,
    noise BIGINT NOT NULL,
    seconds DOUBLE NOT NULL,
    created_at TIMESTAMP NOT NULL
);
-- Which run of an encoder is shown: the newest, unless a person went back to an older one.
CREATE TABLE current_runs (encoder VARCHAR PRIMARY KEY, run_id BIGINT NOT NULL);
CREATE VIEW current_run AS
    SELECT run_id AS id FROM current_runs WHERE encoder = (SELECT value FROM meta WHERE key = 'active_encoder');

CREATE TABLE clusters (
    run_id BIGINT NOT NULL,
    id INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    size BIGINT NOT NULL,
    PRIMARY KEY (run_id, id)
);
-- Where each image of a run lies on the map; `position` is its index in the arrays that the browser draws.
CREATE TABLE map_points (
    run_id BIGINT NOT NULL,
    position INTEGER NOT NULL,
    image_id VARCHAR NOT NULL,
    x FLOAT NOT NULL,
    y FLOAT NOT NULL,
    cluster_id INTEGER NOT NULL,         -- -1 is noise
    membership FLOAT,                    -- how firmly it is in its cluster, 0 to 1; NULL: placed after the run
    outlier_score FLOAT,                 -- share of images that are nearer to their neighbours, 0 to 1; NULL as above
    PRIMARY KEY (run_id, image_id)
);

CREATE SEQUENCE job_id START 1;
CREATE TABLE jobs (
    id BIGINT PRIMARY KEY,
    kind VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    done BIGINT NOT NULL,
    total BIGINT NOT NULL,
    message VARCHAR NOT NULL,
    parameters VARCHAR NOT NULL,         -- JSON
    result VARCHAR,                      -- JSON
    created_at TIMESTAMP NOT NULL,
    started_at TIMESTAMP,
    finished_at TIMESTAMP
);
