"""The section `stat` of make.py: summaries of vectors, correlations and tests of independence.

Tables: `rows` of [group, features, label, weight]. A case names its table and what is asked of it.
"""
import numpy as np
from pyspark.ml.linalg import SparseVector, Vectors, VectorUDT
from pyspark.ml.stat import ChiSquareTest, Correlation, KolmogorovSmirnovTest, Summarizer
from pyspark.sql import DataFrame, functions as F, types as T

METRICS = ["mean", "sum", "variance", "std", "count", "numNonZeros", "max", "min", "normL1", "normL2"]
SCHEMA = T.StructType([T.StructField("k", T.StringType()), T.StructField("features", VectorUDT()), T.StructField("label", T.DoubleType()),
                       T.StructField("w", T.DoubleType())])
NAN = float("nan")


def tables():
    rng = np.random.RandomState(5)
    out = {"small": [["a", Vectors.dense([1.0, 0.0, -3.0]), 0.0, 1.0], ["a", Vectors.sparse(3, [1], [2.0]), 1.0, 2.0], [None, Vectors.dense([0.5, -2.0, -1.0]), 0.0, 0.0],
                     ["b", Vectors.dense([2.5, 4.0, -1.0]), 1.0, 0.5], ["b", Vectors.dense([-0.5, 4.5, -2.0]), 0.0, 0.25], [None, Vectors.sparse(3, [0, 2], [7.0, -0.1]), 1.0, 3.0]]}
    out["one"] = out["small"][:1]
    out["none"] = []
    out["nan"] = [["a", Vectors.dense([1.0, NAN, 2.0]), 0.0, 1.0], ["a", Vectors.dense([NAN, 2.0, 2.0]), 1.0, 1.0], ["a", Vectors.dense([3.0, 1.0, 2.0]), 1.0, 1.0]]
    x = rng.randn(120, 4) * [1, 100, 1e-3, 1] + [1e3, 0, 0, 5]
    x[:, 3] = x[:, 0] - 0.01 * x[:, 1] + rng.randn(120)
    y = rng.randint(0, 3, 120)
    x[:, 0] += y * 0.7
    out["numbers"] = [[["p", "q"][i % 2], Vectors.dense(np.round(x[i], 6)), float(y[i]), float(rng.randint(0, 5)) / 4] for i in range(120)]
    c = rng.randint(0, 5, (150, 5)) * (rng.rand(150, 5) < 0.6)
    y = (c[:, 0] + rng.randint(0, 3, 150)) % 4
    out["codes"] = [["p", Vectors.dense(c[i].astype(float)) if i % 3 else Vectors.sparse(5, [(j, float(v)) for j, v in enumerate(c[i]) if v]), float(y[i]), 1.0] for i in range(150)]
    out["one label"] = [["p", row[1], 2.0, 1.0] for row in out["codes"][:20]]
    return out


def cases():
    for table in ("small", "numbers", "nan", "one", "none", "codes"):
        yield {"table": table, "do": "summary", "weight": False}
        yield {"table": table, "do": "summary", "weight": True}
        for method in ("pearson", "spearman"):
            yield {"table": table, "do": "corr", "method": method}
    for table in ("small", "numbers", "codes"):
        yield {"table": table, "do": "group", "weight": True}
    yield {"table": "none", "do": "group", "weight": False}
    for test in ("ChiSquareTest", "ANOVATest", "FValueTest"):
        for table in ("small", "numbers", "codes", "one label", "none"):
            for flatten in (False, True):
                yield {"table": table, "do": test, "flatten": flatten}
    for n in (1, 2, 7, 50, 140, 141, 1000):
        yield {"table": f"sin {n}", "do": "KolmogorovSmirnovTest", "params": [0.0, 1.0]}
    for params in ([0.1, 0.9], []):
        yield {"table": "sin 50", "do": "KolmogorovSmirnovTest", "params": params}


def answer(spark, frame, case):
    weight = [F.col("w")] if case.get("weight") else []
    summary = Summarizer.metrics(*METRICS).summary(F.col("features"), *weight).alias("s")
    if case["do"] == "summary":
        return frame.select(summary, Summarizer.mean(F.col("features"), *weight), F.count("*"))
    if case["do"] == "group":
        return frame.groupBy("k").agg(F.sum("label"), summary).orderBy("k")
    if case["do"] == "corr":
        return Correlation.corr(frame, "features", case["method"])
    if case["do"] == "KolmogorovSmirnovTest":
        return KolmogorovSmirnovTest.test(frame, "x", "norm", *case["params"])
    test = getattr(spark._jvm.org.apache.spark.ml.stat, case["do"])  # not all have a class in Python
    return DataFrame(test.test(frame._jdf, "features", "label", case["flatten"]), spark)


def frame_of(spark, made, name):
    if name.startswith("sin "):
        return spark.range(int(name[4:])).selectExpr("sin(id) * 1.3 + 0.1 as x").coalesce(1)
    return spark.createDataFrame(made[name], SCHEMA).coalesce(1)


def stat(spark, failure, frame_out):
    made = tables()
    out = []
    for case in cases():
        try:
            case["output"] = frame_out(answer(spark, frame_of(spark, made, case["table"]), case), metadata=False)
        except Exception as e:
            case.update(failure(e))
        out.append(case)
    about = "Rows are [k, features, label, w]. `sin n` is a column x: sin(i) * 1.3 + 0.1 for i from 0 to n - 1."
    return {"about": about, "tables": made, "cases": out}
