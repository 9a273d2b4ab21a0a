"""Loads the stages listed in a file in Spark, scores their rows, saves them again and writes down what came out.

python score.py jobs.json results.json
"""

import json
import math
import sys

from pyspark.ml.linalg import Vectors, VectorUDT
from pyspark.ml.util import DefaultParamsReader
from pyspark.sql import SparkSession
from pyspark.sql.types import DoubleType, FloatType, IntegerType, LongType, StringType, StructField, StructType

TYPES = {
    "double": DoubleType(),
    "float": FloatType(),
    "int": IntegerType(),
    "bigint": LongType(),
    "string": StringType(),
    "vector": VectorUDT(),
}
SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def number(value):
    return SPECIAL.get(value, value) if isinstance(value, str) else value


def cell(value, kind):
    if value is None or kind == "string":
        return value
    if kind == "vector":
        return Vectors.dense([number(x) for x in value])
    return float(number(value)) if kind in ("double", "float") else value


def frame(spark, table):
    columns = table["columns"]
    schema = StructType([StructField(c["name"], TYPES[c["type"]], True, c.get("metadata")) for c in columns])
    rows = [tuple(cell(row[c["name"]], c["type"]) for c in columns) for row in table["rows"]]
    return spark.createDataFrame(rows, schema).coalesce(1)


def plain(value):
    if hasattr(value, "toArray"):
        return [plain(float(x)) for x in value.toArray()]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return [plain(x) for x in value] if isinstance(value, (list, tuple)) else value


def run(spark, job):
    try:
        stage = DefaultParamsReader.loadParamsInstance(job["path"], spark.sparkContext)
        stage.write().overwrite().save(job["again"])
        result = {"uid": stage.uid, "class": type(stage).__name__}
        if "input" in job:
            data = frame(spark, job["input"])
            if hasattr(stage, "transform"):
                scored = stage.transform(data)
                added = [name for name in scored.columns if name not in data.columns]
                result["rows"] = [{name: plain(row[name]) for name in added} for row in scored.collect()]
        return result
    except Exception as error:
        return {"error": str(error)[:2000]}


def main(jobs, results):
    spark = SparkSession.builder.master("local[1]").config("spark.driver.memory", "2g").config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    with open(jobs, encoding="utf-8") as file:
        outcome = {job["name"]: run(spark, job) for job in json.load(file)}
    with open(results, "w", encoding="utf-8") as file:
        json.dump({"version": spark.version, "stages": outcome}, file)
    spark.stop()


main(*sys.argv[1:])
