-- Watched sources, two more quality measures, caption conflicts, several encoders, and a run that is shown for each.

ALTER TABLE sources ADD COLUMN watched BOOLEAN DEFAULT false;

ALTER TABLE images ADD COLUMN information FLOAT;
ALTER TABLE images ADD COLUMN black_bars FLOAT;

ALTER TABLE captions ADD COLUMN file_text VARCHAR;
ALTER TABLE captions ADD COLUMN seen_text VARCHAR;

CREATE TABLE encoders (
    name VARCHAR PRIMARY KEY,
    label VARCHAR NOT NULL,
    dimension INTEGER NOT NULL,
    origin VARCHAR NOT NULL,
    added_at TIMESTAMP NOT NULL,
    checkpoint VARCHAR,
    file VARCHAR
);

CREATE TABLE current_runs (encoder VARCHAR PRIMARY KEY, run_id BIGINT NOT NULL);
CREATE VIEW current_run AS
    SELECT run_id AS id FROM current_runs WHERE encoder = (SELECT value FROM meta WHERE key = 'active_encoder');
INSERT INTO current_runs SELECT encoder, max(id) FROM cluster_runs GROUP BY encoder;

ALTER TABLE map_points ADD COLUMN membership FLOAT;
ALTER TABLE map_points ADD COLUMN outlier_score FLOAT;
