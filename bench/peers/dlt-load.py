"""Loads a feed file's transactions with dlt into PostgreSQL: its path, the database's URL, the folder for dlt's own files."""

import json
import sys

import dlt

path, url, folder = sys.argv[1:4]


@dlt.resource(name="transactions", write_disposition="append")
def transactions():
    with open(path, "rb") as file:
        records = json.load(file)["results"]
    for start in range(0, len(records), 10_000):
        yield records[start : start + 10_000]


pipeline = dlt.pipeline(
    pipeline_name="peer",
    pipelines_dir=folder,
    destination=dlt.destinations.postgres(url),
    dataset_name="dlt",
)
# CSV is loaded by COPY, dlt's fastest way into PostgreSQL.
print(pipeline.run(transactions(), loader_file_format=sys.argv[4]))
