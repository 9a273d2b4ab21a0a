"""Golden values for the tests, from a real Spark.

    python test/goldens/make.py [OUT] [section...]

Sections, one JSON file each: logistic-regression feature evaluation telco expressions csv json trees stat vector-forms. OUT defaults to this folder.
Made with pyspark 4.3.0, numpy 2.4, Python 3.11, Java 17, local[1], one partition, session time zone UTC, ANSI mode on
(Spark's default). `telco` needs the Telco churn table: set TELCO_CSV or have examples/data/telco-churn.csv.

Conventions in the files: NaN and the infinities are the strings "NaN", "Infinity", "-Infinity"; doubles have every digit; whole numbers
from 2^53 on are texts;
vectors are {"type": "dense", "values"} or {"type": "sparse", "size", "indices", "values"}; dates and timestamps are ISO text (UTC).
"""
import datetime
import decimal
import json
import math
import os
import re
import sys
import tempfile

os.environ["TZ"] = "UTC"

import numpy as np
import pyspark
from pyspark.ml import Pipeline
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.evaluation import BinaryClassificationEvaluator, MulticlassClassificationEvaluator, RegressionEvaluator
from pyspark.ml.feature import (Bucketizer, Imputer, IndexToString, MinMaxScaler, OneHotEncoder, SQLTransformer, StandardScaler,
                                StringIndexer, VectorAssembler)
from pyspark.ml.linalg import DenseMatrix, DenseVector, Matrix, SparseVector, Vector, Vectors, VectorUDT
from pyspark.ml.tuning import CrossValidator, ParamGridBuilder
from pyspark.sql import Row, SparkSession, Window, functions as F, types as T

from trees import trees
from vector_forms import vector_forms
from vector_stats import stat

HERE = os.path.dirname(os.path.abspath(__file__))


def session():
    spark = (SparkSession.builder.master("local[1]").config("spark.driver.memory", "2g").config("spark.ui.enabled", "false")
             .config("spark.sql.shuffle.partitions", "1").config("spark.default.parallelism", "1")
             .config("spark.sql.session.timeZone", "UTC").config("spark.driver.extraJavaOptions", "-Duser.timezone=UTC")
             .config("spark.sql.warehouse.dir", tempfile.mkdtemp()).config("spark.sql.codegen.wholeStage", "false").getOrCreate())
    spark.sparkContext.setLogLevel("OFF")
    return spark


# ---- values as JSON ----

def plain(v):
    """A Spark or Python value as JSON data."""
    if v is None or isinstance(v, (bool, str)):
        return v
    if isinstance(v, (int, np.integer)):
        return int(v) if abs(int(v)) < 2**53 else str(int(v))
    if isinstance(v, (float, np.floating)):
        v = float(v)
        return "NaN" if math.isnan(v) else v if math.isfinite(v) else "Infinity" if v > 0 else "-Infinity"
    if isinstance(v, SparseVector):
        return {"type": "sparse", "size": int(v.size), "indices": plain(list(v.indices)), "values": plain(list(v.values))}
    if isinstance(v, DenseVector):
        return {"type": "dense", "values": plain(list(v.values))}
    if isinstance(v, Matrix):
        return [plain(list(row)) for row in v.toArray()]
    if isinstance(v, datetime.datetime):
        return v.isoformat(timespec="microseconds") + "Z"
    if isinstance(v, datetime.date):
        return v.isoformat()
    if isinstance(v, decimal.Decimal):
        return str(v)
    if isinstance(v, Row):
        return [plain(x) for x in v]
    if isinstance(v, (bytes, bytearray)):
        return bytes(v).hex()
    if isinstance(v, dict):
        return {str(k): plain(x) for k, x in v.items()}
    if isinstance(v, (list, tuple, np.ndarray)):
        return [plain(x) for x in v]
    raise TypeError(type(v))


def text(v, indent=0, width=160):
    """JSON with short things on one line."""
    line = json.dumps(v, ensure_ascii=False, allow_nan=False)
    if not isinstance(v, (dict, list)) or len(line) + indent <= width:
        return line
    pad = " " * (indent + 1)
    if isinstance(v, dict):
        items = [f"{json.dumps(k, ensure_ascii=False)}: {text(x, indent + 1, width)}" for k, x in v.items()]
        return "{\n" + pad + f",\n{pad}".join(items) + "\n" + pad[:-1] + "}"
    if all(not isinstance(x, (dict, list)) for x in v):
        rows, row = [], ""
        for x in v:
            t = json.dumps(x, ensure_ascii=False, allow_nan=False)
            if row and len(row) + len(t) + indent > width:
                rows.append(row)
                row = ""
            row += (", " if row else "") + t
        return "[\n" + pad + f",\n{pad}".join(rows + [row]) + "\n" + pad[:-1] + "]"
    return "[\n" + pad + f",\n{pad}".join(text(x, indent + 1, width) for x in v) + "\n" + pad[:-1] + "]"


def save(out, name, body):
    path = os.path.join(out, f"{name}.json")
    whole = text(plain({"spark": pyspark.__version__, **body}))
    json.loads(whole)
    with open(path + ".tmp", "w", encoding="utf-8") as f:
        f.write(whole + "\n")
    os.replace(path + ".tmp", path)
    print(f"{path}: {len(body['cases'])} cases, {os.path.getsize(path)} bytes", flush=True)


def failure(e):
    """An exception as {"error": condition or class, "message": the innermost message, uids left out}."""
    origin = getattr(e, "_origin", None) or getattr(e, "java_exception", None)
    condition = e.getCondition() if hasattr(e, "getCondition") else None
    message, name = str(e), type(e).__name__
    while origin is not None:
        name, message = origin.getClass().getSimpleName(), origin.getMessage() or message
        if hasattr(origin, "getCondition"):
            try:
                condition = origin.getCondition() or condition
            except Exception:
                pass
        origin = origin.getCause()
    message = re.sub(r"\s+", " ", re.sub(r"_[0-9a-f]{12}\b|Lambda\$\S+| SQLSTATE: \w+| == (DataFrame|SQL .*) == .*", "", re.sub(r"\s+", " ", message)))
    message = re.sub(r"(?<=\.); .*", "", message).strip()  # what follows is the plan, with numbers that vary
    return {"error": condition or name, "message": message if len(message) <= 300 else message[:297] + "..."}


def frame_out(df, metadata=True):
    """A frame's columns (name, type and, where there is any, metadata) and rows."""
    columns = []
    for f in df.schema.fields:
        c = {"name": f.name, "type": f.dataType.simpleString()}
        if metadata and f.metadata:
            c["metadata"] = f.metadata
        columns.append(c)
    return {"columns": columns, "rows": [list(r) for r in spelled(df).collect()]}


def spelled(df):
    """Intervals as the texts that Spark shows: Python's own have no months."""
    of = lambda f, i: df[i].cast("string").alias(f.name) if f.dataType.simpleString().startswith("interval") else df[i]
    kinds = [f.dataType.simpleString() for f in df.schema.fields]
    return df.select(*[of(f, i) for i, f in enumerate(df.schema.fields)]) if any(k.startswith("interval") for k in kinds) else df


def frame_in(spark, data):
    """The frame for {"columns": [[name, type], ...], "rows"}; a `vector` column takes a list (dense) or a SparseVector."""
    kinds = {n: t for n, t in data["columns"]}
    schema = T.StructType([T.StructField(n, VECTOR if t == "vector" else T._parse_datatype_string(t)) for n, t in data["columns"]])
    rows = [[Vectors.dense(x) if kinds[n] == "vector" and isinstance(x, list) else x for (n, _), x in zip(data["columns"], row)] for row in data["rows"]]
    return spark.createDataFrame(rows, schema).coalesce(1)


VECTOR = VectorUDT()
NAN, INF = float("nan"), float("inf")


# ---- logistic-regression ----

def lr_datasets():
    """Rows as {"features", "label", "weight"}. `sparse` says that Spark was given sparse vectors."""
    rng = np.random.RandomState(7)
    out = {}

    def put(name, x, label, weight, sparse=False):
        x = np.round(x, 4)
        out[name] = {"sparse": sparse, "features": x.tolist(), "label": [float(v) for v in label], "weight": [float(v) for v in weight]}

    x = rng.randn(60, 4) * [1, 100, 0.01, 0] + [0, 50, 0, 3]
    logit = x[:, 0] + (x[:, 1] - 50) / 80 - 60 * x[:, 2] + 0.4 + 1.2 * rng.randn(60)
    put("binary", x, logit > 0, rng.randint(0, 4, 60) / 2)
    x = rng.randn(90, 3) * [1, 5, 0.2]
    score = np.column_stack([x[:, 0], x[:, 1] / 5, 3 * x[:, 2] + 0.3]) + 0.8 * rng.randn(90, 3)
    put("multinomial", x, score.argmax(1), np.round(0.5 + rng.rand(90), 2))
    x = np.zeros((80, 8))
    for i in range(80):
        a, b = rng.randint(4), rng.randint(4)
        if a < 3:
            x[i, a] = 1
        if b < 3:
            x[i, 3 + b] = 1
        x[i, 6] = rng.randint(0, 30) if rng.rand() < 0.5 else 0
        x[i, 7] = round(rng.rand() * 100, 2)
    put("onehot", x, x[:, 0] - x[:, 4] + 0.05 * x[:, 6] - x[:, 7] / 80 + rng.randn(80) > 0, 1 + (np.arange(80) % 3), sparse=True)
    x = rng.randn(40, 3)
    put("weighted", x, (x @ [1, -1, 0.5] + rng.randn(40)) > 0.3, np.where(np.arange(40) % 7 == 0, 0, np.round(rng.rand(40) * 5, 2)))
    return out


def lr_cases():
    m = lambda rows: DenseMatrix(len(rows), len(rows[0]), np.array(rows, dtype=float).T.ravel().tolist())
    v = Vectors.dense
    tight = {"tol": 1e-10, "maxIter": 500}
    yield "defaults", "binary", {}, "curves"
    for reg in (0.01, 0.1, 1.0):
        for alpha in (0.0, 0.3, 1.0):
            yield f"regParam {reg}, elasticNetParam {alpha}", "binary", {"regParam": reg, "elasticNetParam": alpha, **tight}
    yield "no intercept", "binary", {"fitIntercept": False, **tight}
    yield "no intercept, elastic net", "binary", {"fitIntercept": False, "regParam": 0.05, "elasticNetParam": 0.5, **tight}
    yield "no standardization, L2", "weighted", {"standardization": False, "regParam": 0.1, **tight}
    yield "no standardization, elastic net", "binary", {"standardization": False, "regParam": 0.1, "elasticNetParam": 0.5, **tight}
    yield "no standardization, no penalty", "binary", {"standardization": False, **tight}
    yield "weights, some of them 0", "binary", {"weightCol": "weight", "regParam": 0.01, **tight}, "curves"
    yield "weights, defaults", "weighted", {"weightCol": "weight"}, "curves"
    yield "weights, elastic net", "weighted", {"weightCol": "weight", "regParam": 0.05, "elasticNetParam": 0.7, **tight}
    yield "family multinomial on binary labels, L2", "binary", {"family": "multinomial", "regParam": 0.1, **tight}
    yield "family multinomial on binary labels, no penalty", "weighted", {"family": "multinomial", **tight}
    yield "family binomial", "binary", {"family": "binomial", "regParam": 0.1}
    yield "maxIter 0", "binary", {"maxIter": 0}
    yield "maxIter 1", "binary", {"maxIter": 1}
    yield "maxIter 3, L2", "binary", {"maxIter": 3, "regParam": 0.01}
    yield "maxIter 3, elastic net", "binary", {"maxIter": 3, "regParam": 0.05, "elasticNetParam": 0.5}
    yield "tol 1e-10, no penalty", "binary", tight
    yield "tol 0.01", "binary", {"tol": 0.01}
    yield "threshold 0.7", "binary", {"threshold": 0.7, "regParam": 0.01}
    yield "threshold 0", "binary", {"threshold": 0.0, "regParam": 0.01}
    yield "threshold 1", "binary", {"threshold": 1.0, "regParam": 0.01}
    yield "thresholds [0.3, 0.7]", "binary", {"thresholds": [0.3, 0.7], "regParam": 0.01}
    yield "thresholds [0.2, 0.6, 1]", "multinomial", {"thresholds": [0.2, 0.6, 1.0], "regParam": 0.01}
    yield "thresholds [0, 0.5, 0.5]", "multinomial", {"thresholds": [0.0, 0.5, 0.5], "regParam": 0.01}
    yield "sparse rows, defaults", "onehot", {}, "curves"
    yield "sparse rows, L2", "onehot", {"regParam": 0.01, **tight}
    yield "sparse rows, L1", "onehot", {"regParam": 0.03, "elasticNetParam": 1.0, **tight}
    yield "sparse rows, weights, elastic net", "onehot", {"regParam": 0.02, "elasticNetParam": 0.5, "weightCol": "weight", **tight}
    yield "multinomial, defaults", "multinomial", {}
    yield "multinomial, no penalty", "multinomial", tight
    yield "multinomial, L2", "multinomial", {"regParam": 0.1, **tight}
    yield "multinomial, L1", "multinomial", {"regParam": 0.05, "elasticNetParam": 1.0, **tight}
    yield "multinomial, elastic net, weights", "multinomial", {"regParam": 0.02, "elasticNetParam": 0.4, "weightCol": "weight", **tight}
    yield "multinomial, no intercept, L2", "multinomial", {"regParam": 0.05, "fitIntercept": False, **tight}
    yield "multinomial, no intercept, no penalty", "multinomial", {"fitIntercept": False, **tight}
    yield "multinomial, no standardization", "multinomial", {"regParam": 0.05, "standardization": False, **tight}
    yield "multinomial, maxIter 0", "multinomial", {"maxIter": 0}
    yield "multinomial, maxIter 1", "multinomial", {"maxIter": 1}
    yield "labels all 0", "weighted/all 0", {}, "curves"
    yield "labels all 1", "weighted/all 1", {}
    yield "labels all 0, no intercept", "weighted/all 0", {"fitIntercept": False, "regParam": 0.1}
    yield "labels all 1, no intercept", "weighted/all 1", {"fitIntercept": False, "regParam": 0.1}
    yield "labels all 2, family multinomial", "weighted/all 2", {"family": "multinomial"}
    yield "labels all 2, family auto", "weighted/all 2", {}
    yield "labels 0 and 2 only", "weighted/double", {"regParam": 0.1, **tight}
    yield "coefficients at least 0", "binary", {"lowerBoundsOnCoefficients": m([[0, 0, 0, 0]]), "regParam": 0.01, **tight}
    yield "coefficients in a box, intercept in a box", "binary", {
        "lowerBoundsOnCoefficients": m([[-0.5, -INF, -10, 0]]), "upperBoundsOnCoefficients": m([[0.5, 0.005, INF, 0]]),
        "lowerBoundsOnIntercepts": v([-0.1]), "upperBoundsOnIntercepts": v([0.1]), **tight}
    yield "intercept at most -1, no standardization", "weighted", {"upperBoundsOnIntercepts": v([-1.0]), "standardization": False, "regParam": 0.05, **tight}
    yield "multinomial, coefficients in a box, L2", "multinomial", {
        "lowerBoundsOnCoefficients": m([[0, 0, 0], [-1, -1, -1], [-INF, -INF, -INF]]),
        "upperBoundsOnCoefficients": m([[INF, INF, INF], [1, 1, 1], [0, 0, 0]]), "regParam": 0.05, **tight}
    yield "multinomial, intercepts in a box, no penalty", "multinomial", {
        "lowerBoundsOnIntercepts": v([-0.1, -0.1, -0.1]), "upperBoundsOnIntercepts": v([0.0, 0.2, INF]), **tight}
    # refused
    yield "bounds with L1", "binary", {"lowerBoundsOnCoefficients": m([[0, 0, 0, 0]]), "regParam": 0.1, "elasticNetParam": 0.5}
    yield "bounds of the wrong shape", "binary", {"lowerBoundsOnCoefficients": m([[0, 0]])}
    yield "lower bound above upper bound", "binary", {"lowerBoundsOnIntercepts": v([1.0]), "upperBoundsOnIntercepts": v([0.0])}
    yield "intercept bounds without intercept", "binary", {"lowerBoundsOnIntercepts": v([1.0]), "fitIntercept": False}
    yield "family binomial on three labels", "multinomial", {"family": "binomial"}
    yield "thresholds of the wrong length", "multinomial", {"thresholds": [0.5, 0.5]}
    yield "threshold that contradicts thresholds", "binary", {"threshold": 0.5, "thresholds": [0.9, 0.1]}
    yield "labels with a half", "weighted/half", {}
    yield "negative labels", "weighted/negative", {}
    yield "NaN in the features", "weighted/nan feature", {}
    yield "negative weight", "weighted/negative weight", {"weightCol": "weight"}
    yield "weights all 0", "weighted/zero weight", {"weightCol": "weight"}


LR_LABELS = {"all 0": lambda y: 0.0, "all 1": lambda y: 1.0, "all 2": lambda y: 2.0, "double": lambda y: 2 * y, "half": lambda y: y / 2, "negative": lambda y: -y}


def lr_frame(spark, datasets, name):
    base, _, variant = name.partition("/")
    d = datasets[base]
    label = [LR_LABELS.get(variant, lambda y: y)(y) for y in d["label"]]
    weight = [{"negative weight": -1.0, "zero weight": 0.0}.get(variant, w) for w in d["weight"]]
    rows = []
    for i, x in enumerate(d["features"]):
        if variant == "nan feature" and i == 3:
            x = [NAN] + x[1:]
        vec = Vectors.sparse(len(x), [(j, a) for j, a in enumerate(x) if a != 0]) if d["sparse"] else Vectors.dense(x)
        rows.append((vec, label[i], weight[i]))
    return spark.createDataFrame(rows, T.StructType([T.StructField("features", VECTOR), T.StructField("label", T.DoubleType()), T.StructField("weight", T.DoubleType())])).coalesce(1).cache()


def lr_result(df, params, curves):
    model = LogisticRegression(**params).fit(df)
    summary = model.summary
    rows = model.transform(df).select("rawPrediction", "probability", "prediction").collect()
    dense = lambda v: plain(list(v.toArray()))
    names = ("accuracy weightedTruePositiveRate weightedFalsePositiveRate weightedPrecision weightedRecall "
             "labels truePositiveRateByLabel falsePositiveRateByLabel precisionByLabel recallByLabel").split()
    metrics = {n: getattr(summary, n) for n in names}
    metrics["weightedFMeasure"], metrics["weightedFMeasure(2)"] = summary.weightedFMeasure(), summary.weightedFMeasure(2.0)
    metrics["fMeasureByLabel"], metrics["fMeasureByLabel(2)"] = summary.fMeasureByLabel(), summary.fMeasureByLabel(2.0)
    if hasattr(summary, "areaUnderROC"):
        metrics["areaUnderROC"] = summary.areaUnderROC
        if curves:
            for n in "roc pr precisionByThreshold recallByThreshold fMeasureByThreshold".split():
                metrics[n] = [list(r) for r in getattr(summary, n).collect()]
    return {"numClasses": model.numClasses, "numFeatures": model.numFeatures, "coefficientMatrix": model.coefficientMatrix, "sparseMatrix": type(model.coefficientMatrix).__name__ == "SparseMatrix",
            "interceptVector": list(model.interceptVector.toArray()), "totalIterations": summary.totalIterations,
            "objectiveHistory": list(summary.objectiveHistory), "metrics": metrics,
            "rawPrediction": [dense(r.rawPrediction) for r in rows], "probability": [dense(r.probability) for r in rows],
            "prediction": [r.prediction for r in rows]}


def logistic_regression(spark):
    datasets, cases = lr_datasets(), []
    for name, data, params, *curves in lr_cases():
        case = {"name": name, "dataset": data, "params": {k: list(p.toArray()) if isinstance(p, Vector) else p for k, p in params.items()}}
        df = lr_frame(spark, datasets, data)
        try:
            case["result"] = lr_result(df, params, bool(curves))
        except Exception as e:
            case.update(failure(e))
        df.unpersist()
        cases.append(case)
        print(name, case.get("error", ""), case.get("message", ""), flush=True)
    about = ("dataset `name/variant`: that dataset with other labels (all 0, all 1, all 2, double: 2y, half: y/2, negative: -y) or weights (negative weight: -1, zero weight: 0) "
             "or a NaN as row 3's first feature. Curves are [x, y] or [threshold, value] pairs.")
    return {"about": about, "datasets": datasets, "cases": cases}


# ---- feature ----

SPARSE = Vectors.sparse


def strings(col, values, kind="string"):
    return {"columns": [["id", "int"], [col, kind]], "rows": [[i, v] for i, v in enumerate(values)]}


def table(columns, *rows):
    """`columns` is "name type, name type"; rows are numbered in a first column `id`."""
    return {"columns": [["id", "int"], *(c.strip().split(" ") for c in columns.split(","))], "rows": [[i, *r] for i, r in enumerate(rows)]}


def feature_cases():
    """name, stages (a stage or several), training frame, frame to transform (the training frame when None)."""
    letters = strings("c", ["b", "a", "c", "b", "c", "d", "", "é", "B", "10", "9", "b"])
    one = dict(inputCol="c", outputCol="o")
    for order in "frequencyDesc frequencyAsc alphabetDesc alphabetAsc".split():
        yield f"StringIndexer {order}, ties", StringIndexer(**one, stringOrderType=order), letters, None
        yield f"StringIndexer {order}, astral and accents", StringIndexer(**one, stringOrderType=order), strings("c", ["\U0001F600", "\uFF5E", "z", "Z", "é", "e\u0301", "\u00DF", "ab", "a", " a", "__proto__"]), None
    for policy in "error skip keep".split():
        yield f"StringIndexer {policy}, unseen", StringIndexer(**one, handleInvalid=policy), letters, strings("c", ["a", "zzz", "b"])
        yield f"StringIndexer {policy}, null", StringIndexer(**one, handleInvalid=policy), letters, strings("c", ["a", None, "b"])
        yield f"StringIndexer {policy}, fit on nulls", StringIndexer(**one, handleInvalid=policy), strings("c", ["a", None, "b", None, "b"]), strings("c", ["a", "b"])
        yield f"StringIndexer {policy}, fit on nulls and transform them", StringIndexer(**one, handleInvalid=policy), strings("c", ["a", None, "b", None, "b"]), None
        yield f"StringIndexer {policy}, several columns", StringIndexer(inputCols=["a", "b"], outputCols=["x", "y"], handleInvalid=policy), \
            table("a string, b string", ["p", "1"], ["q", "2"], ["q", None]), table("a string, b string", ["q", "2"], ["new", "1"], [None, "2"], ["p", "3"])
    yield "StringIndexer, only nulls", StringIndexer(**one), strings("c", [None, None]), strings("c", ["a"])
    yield "StringIndexer keep, only nulls", StringIndexer(**one, handleInvalid="keep"), strings("c", [None, None]), strings("c", ["a"])
    yield "StringIndexer, no rows", StringIndexer(**one), strings("c", []), strings("c", ["a"])
    yield "StringIndexer, ints", StringIndexer(**one), strings("c", [10, 9, -1, 10, 0], "int"), None
    yield "StringIndexer, longs", StringIndexer(**one), strings("c", [2 ** 53 + 1, 9, 2 ** 53 + 1], "bigint"), None
    yield "StringIndexer, doubles as Java text", StringIndexer(**one, stringOrderType="alphabetAsc"), \
        strings("c", [1.0, 0.5, 1e7, 1e-5, 0.001, 9999999.0, 12345678.9, 1e21, 1e22, -0.0, 0.0, NAN, INF, -INF, 100.0, 1 / 3, 2e-3, 9.999e-4, 5e-324, 1.7976931348623157e308, 2.2250738585072014e-308, 123456.789, 2e23], "double"), None
    yield "StringIndexer, doubles as Java text, transform", StringIndexer(**one, handleInvalid="keep"), strings("c", [1e7, 1e-5, NAN, -0.0, 0.0, 1e7], "double"), strings("c", [1e7, 1e-5, NAN, -0.0, 0.0, 2.0], "double")
    yield "StringIndexer, floats as Java text", StringIndexer(**one, stringOrderType="alphabetAsc"), strings("c", [0.1, 1e10, 16777216.0, 1.17549435e-38, 3.4e38], "float"), None
    yield "StringIndexer, booleans", StringIndexer(**one), strings("c", [True, False, True], "boolean"), None
    yield "StringIndexer, boolean and null", StringIndexer(**one, handleInvalid="keep"), strings("c", [True, False, None, True], "boolean"), None
    yield "StringIndexer, a date", StringIndexer(**one), strings("c", [datetime.date(2024, 1, 2)], "date"), None
    yield "StringIndexer, output column exists", StringIndexer(inputCol="c", outputCol="id"), letters, None
    yield "StringIndexer, input column missing", StringIndexer(inputCol="nope", outputCol="o"), letters, None
    yield "StringIndexer, outputs of another number", StringIndexer(inputCols=["c"], outputCols=["x", "y"]), letters, None
    yield "StringIndexer, output named twice", StringIndexer(inputCols=["c", "id"], outputCols=["x", "x"]), letters, None
    yield "StringIndexer, column missing at transform", StringIndexer(**one), letters, strings("other", ["a"])

    yield "IndexToString by metadata", [StringIndexer(**one), IndexToString(inputCol="o", outputCol="back")], letters, None
    yield "IndexToString by metadata, keep", [StringIndexer(**one, handleInvalid="keep"), IndexToString(inputCol="o", outputCol="back")], letters, strings("c", ["a", "new", None])
    yield "IndexToString by labels", IndexToString(inputCol="c", outputCol="o", labels=["x", "y", "z"]), strings("c", [0.0, 2.0, 1.0], "double"), None
    yield "IndexToString, index too large", IndexToString(inputCol="c", outputCol="o", labels=["x", "y"]), strings("c", [0.0, 2.0], "double"), None
    yield "IndexToString, negative index", IndexToString(inputCol="c", outputCol="o", labels=["x", "y"]), strings("c", [-1.0], "double"), None
    yield "IndexToString, fractional index", IndexToString(inputCol="c", outputCol="o", labels=["x", "y"]), strings("c", [1.7], "double"), None
    yield "IndexToString, null", IndexToString(inputCol="c", outputCol="o", labels=["x", "y"]), strings("c", [0.0, None], "double"), None
    yield "IndexToString, int column", IndexToString(inputCol="c", outputCol="o", labels=["x", "y"]), strings("c", [1, 0], "int"), None
    yield "IndexToString, no labels and no metadata", IndexToString(inputCol="c", outputCol="o"), strings("c", [0.0], "double"), None
    yield "IndexToString, string input", IndexToString(inputCol="c", outputCol="o", labels=["x"]), strings("c", ["0"]), None

    codes, bad = strings("c", [0.0, 2.0, 1.0, 0.0], "double"), strings("c", [0.0, 3.0, 2.0, 7.0], "double")
    for last in (True, False):
        for policy in "error keep".split():
            how = f"OneHotEncoder dropLast {str(last).lower()}, {policy}"
            enc = lambda **kw: OneHotEncoder(dropLast=last, handleInvalid=policy, **(kw or one))
            yield how, enc(), codes, None
            yield f"{how}, unseen", enc(), codes, bad
            yield f"{how}, null", enc(), codes, strings("c", [0.0, None], "double")
            yield f"{how}, NaN", enc(), codes, strings("c", [0.0, NAN], "double")
            yield f"{how}, fractional", enc(), codes, strings("c", [0.0, 1.5], "double")
            yield f"{how}, after StringIndexer", [StringIndexer(inputCol="c", outputCol="i"), enc(inputCol="i", outputCol="o")], strings("c", ["b", "a", "b", "c", "a", "b"]), None
            yield f"{how}, after StringIndexer keep", [StringIndexer(inputCol="c", outputCol="i", handleInvalid="keep"), enc(inputCol="i", outputCol="o")], \
                strings("c", ["b", "a", "b", "c", "a", "b"]), strings("c", ["a", "new", None, "c"])
            yield f"{how}, one category", enc(), strings("c", [0.0, 0.0], "double"), None
    yield "OneHotEncoder, several columns", OneHotEncoder(inputCols=["a", "b"], outputCols=["x", "y"]), table("a double, b int", [0.0, 1], [1.0, 2], [2.0, 0]), None
    yield "OneHotEncoder, fit on a negative code", OneHotEncoder(**one), strings("c", [0.0, -1.0], "double"), None
    yield "OneHotEncoder, fit on a fraction", OneHotEncoder(**one), strings("c", [0.0, 0.5], "double"), None
    yield "OneHotEncoder, fit on null", OneHotEncoder(**one), strings("c", [0.0, None, 1.0], "double"), strings("c", [1.0], "double")
    yield "OneHotEncoder, fit on NaN", OneHotEncoder(**one), strings("c", [0.0, NAN, 1.0], "double"), strings("c", [1.0], "double")
    yield "OneHotEncoder, negative code", OneHotEncoder(**one), codes, strings("c", [-1.0], "double")
    yield "OneHotEncoder, string input", OneHotEncoder(**one), letters, None
    yield "OneHotEncoder, one category after StringIndexer", [StringIndexer(inputCol="c", outputCol="i"), OneHotEncoder(inputCol="i", outputCol="o")], strings("c", ["b", "b"]), None

    mixed = table("d double, i int, l bigint, b boolean, v vector, s vector", [1.5, 2, 3, True, [1.0, 0.0], SPARSE(3, {1: 4.0})],
                  [0.0, 0, 0, False, [0.0, 0.0], SPARSE(3, {})], [-0.0, -1, 5, True, [0.0, 7.0], SPARSE(3, [0, 1, 2], [1.0, 0.0, 2.0])])
    asm = lambda cols, policy="error": VectorAssembler(inputCols=cols.split(), outputCol="o", handleInvalid=policy)
    yield "VectorAssembler, every kind of column", asm("d i l b v s"), mixed, None
    yield "VectorAssembler, vectors only", asm("v s"), mixed, None
    yield "VectorAssembler, one column", asm("d"), mixed, None
    yield "VectorAssembler, a column twice", asm("d d"), mixed, None
    yield "VectorAssembler, no columns", asm(""), mixed, None
    yield "VectorAssembler, string column", asm("d c"), table("d double, c string", [1.0, "x"]), None
    yield "VectorAssembler, missing column", asm("d nope"), mixed, None
    yield "VectorAssembler, output column exists", VectorAssembler(inputCols=["d"], outputCol="i"), mixed, None
    yield "VectorAssembler after StringIndexer and OneHotEncoder", [
        StringIndexer(inputCols=["p", "q"], outputCols=["pi", "qi"], handleInvalid="keep"), OneHotEncoder(inputCols=["pi", "qi"], outputCols=["pv", "qv"]), asm("n pi pv qv")], \
        table("p string, q string, n double", ["a", "x", 1.0], ["b", "x", 0.0], ["a", "y", 3.0], ["c", "z w", 4.0]), None
    for n in (2, 3, 4, 5, 6, 10):
        yield f"VectorAssembler, dense or sparse at size {n}", asm(" ".join(f"x{j}" for j in range(n))), \
            table(", ".join(f"x{j} double" for j in range(n)), *[[float(j < k) for j in range(n)] for k in range(n + 1)]), None
    holes = table("d double, i int, v vector", [1.0, 1, [1.0, 2.0]], [NAN, 2, [1.0, 2.0]], [None, 3, [3.0, 4.0]], [4.0, None, [1.0, 1.0]], [5.0, 5, [NAN, 1.0]], [6.0, 6, None])
    for policy in "error skip keep".split():
        yield f"VectorAssembler {policy}, NaN", asm("d i", policy), table("d double, i int", [NAN, 1], [2.0, 2]), None
        yield f"VectorAssembler {policy}, null", asm("d i", policy), table("d double, i int", [None, 1], [2.0, None], [3.0, 3]), None
        yield f"VectorAssembler {policy}, null vector", asm("d v", policy), table("d double, v vector", [1.0, [1.0, 2.0]], [2.0, None]), None
        yield f"VectorAssembler {policy}, NaN inside a vector", asm("d v", policy), table("d double, v vector", [1.0, [1.0, NAN]], [2.0, [3.0, 4.0]]), None
        yield f"VectorAssembler {policy}, infinity", asm("d i", policy), table("d double, i int", [INF, 1], [-INF, 2]), None
    yield "VectorAssembler skip, every hole", asm("d i v", "skip"), holes, None

    nums = table("a double, b double", [1.0, NAN], [2.0, 4.0], [None, 5.0], [2.0, NAN], [9.0, 4.0], [1.0, None])
    two = dict(inputCols=["a", "b"], outputCols=["x", "y"])
    for strategy in "mean median mode".split():
        yield f"Imputer {strategy}", Imputer(**two, strategy=strategy), nums, None
        yield f"Imputer {strategy}, missingValue 1", Imputer(**two, strategy=strategy, missingValue=1.0), table("a double, b double", [1.0, 3.0], [2.0, 1.0], [4.0, None], [7.0, 8.0]), None
        yield f"Imputer {strategy}, ints", Imputer(inputCol="a", outputCol="x", strategy=strategy), table("a int", [1], [None], [2], [4], [4]), None
        yield f"Imputer {strategy}, ints, missingValue -1", Imputer(inputCol="a", outputCol="x", strategy=strategy, missingValue=-1.0), table("a int", [-1], [None], [2], [3]), None
        yield f"Imputer {strategy}, longs", Imputer(inputCol="a", outputCol="x", strategy=strategy), table("a bigint", [-7], [None], [2], [3]), None
        yield f"Imputer {strategy}, ties", Imputer(inputCol="a", outputCol="x", strategy=strategy), table("a double", [5.0], [3.0], [3.0], [5.0], [4.0], [None]), None
        yield f"Imputer {strategy}, two values", Imputer(inputCol="a", outputCol="x", strategy=strategy), table("a double", [5.0], [4.0], [None]), None
        yield f"Imputer {strategy}, nothing but missing", Imputer(inputCol="a", outputCol="x", strategy=strategy), table("a double", [None], [NAN]), None
        yield f"Imputer {strategy}, infinity", Imputer(inputCol="a", outputCol="x", strategy=strategy), table("a double", [1.0], [INF], [NAN], [2.0], [3.0]), None
        yield f"Imputer {strategy}, floats", Imputer(inputCol="a", outputCol="x", strategy=strategy), table("a float", [0.25], [None], [0.5], [1.5]), None
    yield "Imputer, missingValue NaN and nulls at transform", Imputer(inputCol="a", outputCol="x"), table("a double", [1.0], [3.0]), table("a double", [None], [NAN], [7.0])
    yield "Imputer, in place", Imputer(inputCol="a", outputCol="a"), nums, None
    yield "Imputer, string column", Imputer(inputCol="a", outputCol="x"), table("a string", ["1"]), None
    yield "Imputer median of 1..11", Imputer(inputCol="a", outputCol="x", strategy="median"), table("a double", *[[float(i)] for i in range(1, 11)], [None]), None

    vecs = table("v vector", [[1.0, 10.0, 5.0]], [[2.0, -10.0, 5.0]], [[4.0, 0.0, 5.0]])
    thin = table("v vector", [SPARSE(3, {0: 2.0})], [SPARSE(3, {1: 3.0, 2: 5.0})], [[0.0, 1.0, 5.0]], [SPARSE(3, {})])
    vio = dict(inputCol="v", outputCol="o")
    for mean in (False, True):
        for std in (False, True):
            how = f"StandardScaler withMean {str(mean).lower()}, withStd {str(std).lower()}"
            yield how, StandardScaler(**vio, withMean=mean, withStd=std), vecs, None
            yield f"{how}, sparse", StandardScaler(**vio, withMean=mean, withStd=std), thin, None
    yield "StandardScaler, one row", StandardScaler(**vio, withMean=True), table("v vector", [[1.0, 2.0]]), None
    yield "StandardScaler, NaN", StandardScaler(**vio, withMean=True), table("v vector", [[1.0, 2.0]], [[NAN, 4.0]], [[3.0, 9.0]]), None
    yield "StandardScaler, other size at transform", StandardScaler(**vio), vecs, table("v vector", [[1.0, 2.0]])
    yield "StandardScaler, null vector", StandardScaler(**vio), vecs, table("v vector", [None])
    yield "StandardScaler, after VectorAssembler", [VectorAssembler(inputCols=["a", "b"], outputCol="v"), StandardScaler(**vio)], table("a double, b double", [1.0, 2.0], [3.0, 5.0]), None
    yield "StandardScaler, double column", StandardScaler(inputCol="a", outputCol="o"), table("a double", [1.0]), None

    yield "MinMaxScaler", MinMaxScaler(**vio), vecs, None
    yield "MinMaxScaler to [-1, 3]", MinMaxScaler(**vio, min=-1.0, max=3.0), vecs, None
    yield "MinMaxScaler, outside the fitted range", MinMaxScaler(**vio), vecs, table("v vector", [[0.0, 20.0, 6.0]], [SPARSE(3, {})])
    yield "MinMaxScaler, sparse", MinMaxScaler(**vio), thin, None
    yield "MinMaxScaler, NaN at fit and transform", MinMaxScaler(**vio), table("v vector", [[1.0, NAN]], [[NAN, NAN]], [[3.0, NAN]]), None
    yield "MinMaxScaler, NaN at transform", MinMaxScaler(**vio), vecs, table("v vector", [[NAN, 0.0, NAN]])
    yield "MinMaxScaler, infinity", MinMaxScaler(**vio), table("v vector", [[1.0, INF]], [[2.0, 1.0]], [[-INF, 3.0]]), None
    yield "MinMaxScaler, one row", MinMaxScaler(**vio), table("v vector", [[1.0, 2.0]]), None
    yield "MinMaxScaler, min not below max", MinMaxScaler(**vio, min=1.0, max=1.0), vecs, None

    xs = table("x double", [-5.0], [0.0], [0.5], [1.0], [10.0], [-0.0], [4.999])
    for policy in "error skip keep".split():
        yield f"Bucketizer {policy}, inside", Bucketizer(inputCol="x", outputCol="o", splits=[-INF, 0.0, 1.0, 5.0, INF], handleInvalid=policy), xs, None
        yield f"Bucketizer {policy}, NaN", Bucketizer(inputCol="x", outputCol="o", splits=[-INF, 0.0, INF], handleInvalid=policy), table("x double", [1.0], [NAN], [-1.0]), None
        yield f"Bucketizer {policy}, null", Bucketizer(inputCol="x", outputCol="o", splits=[-INF, 0.0, INF], handleInvalid=policy), table("x double", [1.0], [None], [-1.0]), None
        yield f"Bucketizer {policy}, below the splits", Bucketizer(inputCol="x", outputCol="o", splits=[0.0, 1.0, 2.0], handleInvalid=policy), table("x double", [0.0], [2.0], [-0.1]), None
        yield f"Bucketizer {policy}, above the splits", Bucketizer(inputCol="x", outputCol="o", splits=[0.0, 1.0, 2.0], handleInvalid=policy), table("x double", [1.0], [2.1]), None
        yield f"Bucketizer {policy}, upper end", Bucketizer(inputCol="x", outputCol="o", splits=[0.0, 1.0, 2.0], handleInvalid=policy), table("x double", [1.0], [2.0], [1.999]), None
        yield f"Bucketizer {policy}, several columns", Bucketizer(inputCols=["a", "b"], outputCols=["p", "q"], splitsArray=[[-INF, 0.0, INF], [0.0, 5.0, 10.0]], handleInvalid=policy), \
            table("a double, b double", [-1.0, 5.0], [1.0, 10.0], [0.0, NAN]), None
    yield "Bucketizer, infinities", Bucketizer(inputCol="x", outputCol="o", splits=[-INF, 0.0, INF]), table("x double", [INF], [-INF]), None
    yield "Bucketizer, ints", Bucketizer(inputCol="x", outputCol="o", splits=[-INF, 0.0, INF]), table("x int", [3], [-3]), None
    yield "Bucketizer, splits not increasing", Bucketizer(inputCol="x", outputCol="o", splits=[0.0, 2.0, 1.0]), xs, None
    yield "Bucketizer, two splits", Bucketizer(inputCol="x", outputCol="o", splits=[0.0, 2.0]), xs, None
    yield "Bucketizer, string column", Bucketizer(inputCol="x", outputCol="o", splits=[-INF, 0.0, INF]), table("x string", ["1"]), None

    sql = lambda s: SQLTransformer(statement=s)
    ab = table("a double, b int", [1.0, 2], [3.0, None])
    yield "SQLTransformer, a sum", sql("SELECT *, (a + b) AS s FROM __THIS__"), ab, None
    yield "SQLTransformer, where", sql("SELECT a FROM __THIS__ WHERE b IS NOT NULL"), ab, None
    yield "SQLTransformer, aggregate", sql("SELECT sum(a) AS t, count(b) AS n FROM __THIS__"), ab, None
    yield "SQLTransformer, twice", sql("SELECT t.id, u.n FROM __THIS__ t CROSS JOIN (SELECT count(*) AS n FROM __THIS__) u"), ab, None
    yield "SQLTransformer, keeps metadata", [StringIndexer(inputCol="c", outputCol="i"), sql("SELECT id, i, i + 1 AS j FROM __THIS__")], letters, None
    yield "SQLTransformer, unknown column", sql("SELECT nope FROM __THIS__"), ab, None


STATE = {"StringIndexerModel": lambda m: {"labelsArray": [list(x) for x in m.labelsArray]}, "OneHotEncoderModel": lambda m: {"categorySizes": m.categorySizes},
         "ImputerModel": lambda m: {"surrogate": frame_out(m.surrogateDF)}, "StandardScalerModel": lambda m: {"mean": m.mean, "std": m.std},
         "MinMaxScalerModel": lambda m: {"originalMin": m.originalMin, "originalMax": m.originalMax}}


def feature(spark):
    cases = []
    for name, stages, train, test in feature_cases():
        case = {"name": name}
        try:
            stages = stages if isinstance(stages, list) else [stages]
            case["stages"] = [{"type": type(s).__name__, "params": {p.name: v for p, v in s._paramMap.items()}} for s in stages]
            case["train"] = train
            if test:
                case["input"] = test
            case["at"] = "fit"
            model = Pipeline(stages=stages).fit(frame_in(spark, train))
            case["state"] = [STATE.get(type(m).__name__, lambda m: {})(m) for m in model.stages]
            case["at"] = "transform"
            case["output"] = frame_out(model.transform(frame_in(spark, test or train)))
            del case["at"]
        except Exception as e:
            case.update(failure(e))
        cases.append(case)
        print(name, case.get("at", ""), case.get("error", ""), case.get("message", ""), flush=True)
    about = ("Stages in order, fitted on `train`, applied to `input` (or `train`). `state` is one entry a stage. `at` says where an error came: fit or transform.")
    return {"about": about, "cases": cases}


# ---- evaluation ----

def evaluation_datasets():
    rng = np.random.RandomState(11)
    n = 50
    label = (rng.rand(n) < 0.4).astype(float)
    score = np.round(0.8 * label + rng.randn(n), 3)
    weight = np.round(rng.rand(n) * 3, 2)
    weight[::9] = 0
    binary = lambda y, s, w: [list(map(float, r)) for r in zip(y, s, w)]
    out = {"binary": binary(label, score, weight), "binary ties": binary(label, np.round(score), weight),
           "binary constant": binary(label, np.full(n, 0.5), weight), "binary perfect": binary(label, label * 2 - 1, weight),
           "binary reversed": binary(label, -label, weight), "binary all 1": binary(np.ones(5), np.arange(5), np.ones(5)),
           "binary all 0": binary(np.zeros(5), np.arange(5), np.ones(5)), "binary labels 0 and 3": binary(label * 3, score, weight),
           "binary NaN": binary([0, 1, 1, 0], [0.1, NAN, 0.3, 0.2], [1, 1, 1, 1]), "binary infinite": binary([0, 1, 1, 0], [-INF, INF, 0.3, 0.2], [1, 1, 1, 1]),
           "binary empty": [], "binary weights 0": binary([0, 1], [0.1, 0.2], [0, 0]), "binary long": binary(np.arange(2500) % 7 % 2, (np.arange(2500) * 37 % 2503) / 2503, np.ones(2500))}
    y = rng.randint(0, 3, n)
    p = rng.rand(n, 3) + 0.6 * np.eye(3)[y]
    p = np.round(p / p.sum(axis=1, keepdims=True), 4)
    p[3], p[7] = np.eye(3)[y[3]], np.eye(3)[(y[7] + 1) % 3]
    w = np.round(0.5 + rng.rand(n), 2)
    multi = lambda y, q, w, p: [[float(a), float(b), float(c), [float(d) for d in e]] for a, b, c, e in zip(y, q, w, p)]
    out["multiclass"] = multi(y, p.argmax(1), w, p)
    out["multiclass unpredicted label"] = multi(y, np.where(p.argmax(1) == 2, 0, p.argmax(1)), w, p)
    out["multiclass prediction without label"] = multi(np.where(y == 2, 1, y), p.argmax(1), w, p)
    out["multiclass perfect"] = multi(y[:10], y[:10], w[:10], np.eye(3)[y[:10]])
    out["multiclass empty"] = []
    a = np.round(rng.randn(30) * 4 + 10, 3)
    reg = lambda y, q, w: [list(map(float, r)) for r in zip(y, q, w)]
    out["regression"] = reg(a, np.round(a + rng.randn(30), 3), np.round(rng.rand(30) * 2, 2))
    out["regression constant label"] = reg(np.full(4, 2.0), [1, 2, 3, 4], np.ones(4))
    out["regression perfect"] = reg([1, 2, 3], [1, 2, 3], [1, 1, 1])
    out["regression one row"] = reg([1], [2], [1])
    out["regression NaN"] = reg([1, NAN, 2], [1, 2, 3], [1, 1, 1])
    out["regression empty"] = []
    return out


def evaluation_cases():
    for data in "binary,binary ties,binary constant,binary perfect,binary reversed,binary all 1,binary all 0,binary labels 0 and 3,binary NaN,binary infinite,binary empty,binary weights 0,binary long".split(","):
        for metric in "areaUnderROC areaUnderPR".split():
            for bins in (1000, 0, 5):
                yield data, BinaryClassificationEvaluator, {"metricName": metric, "numBins": bins}
            yield data, BinaryClassificationEvaluator, {"metricName": metric, "weightCol": "weight"}
        yield data, BinaryClassificationEvaluator, {"rawPredictionCol": "score"}
    yield "binary", BinaryClassificationEvaluator, {"numBins": 10, "weightCol": "weight"}
    names = ("f1 accuracy weightedPrecision weightedRecall weightedTruePositiveRate weightedFalsePositiveRate weightedFMeasure truePositiveRateByLabel "
             "falsePositiveRateByLabel precisionByLabel recallByLabel fMeasureByLabel logLoss hammingLoss").split()
    for data in "multiclass,multiclass unpredicted label,multiclass prediction without label,multiclass perfect".split(","):
        for metric in names:
            by_label = [{"metricLabel": float(k)} for k in range(3)] if metric.endswith("ByLabel") else [{}]
            for more in by_label:
                yield data, MulticlassClassificationEvaluator, {"metricName": metric, **more}
                if data == "multiclass":
                    yield data, MulticlassClassificationEvaluator, {"metricName": metric, "weightCol": "weight", **more}
                    if "FMeasure" in metric or metric.startswith("fMeasure"):
                        yield data, MulticlassClassificationEvaluator, {"metricName": metric, "beta": 2.0, **more}
    yield "multiclass", MulticlassClassificationEvaluator, {"metricName": "logLoss", "eps": 0.01}
    yield "multiclass", MulticlassClassificationEvaluator, {"metricName": "logLoss", "eps": 0.01, "weightCol": "weight"}
    yield "multiclass", MulticlassClassificationEvaluator, {"metricName": "precisionByLabel", "metricLabel": 9.0}
    yield "multiclass", MulticlassClassificationEvaluator, {"metricName": "recallByLabel", "metricLabel": 9.0}
    yield "multiclass", MulticlassClassificationEvaluator, {"metricName": "logLoss", "probabilityCol": "nope"}
    yield "multiclass", MulticlassClassificationEvaluator, {"metricName": "f1", "predictionCol": "nope"}
    for metric in ("f1", "accuracy", "hammingLoss", "logLoss"):
        yield "multiclass empty", MulticlassClassificationEvaluator, {"metricName": metric}
    for data in "regression,regression constant label,regression perfect,regression one row,regression NaN,regression empty".split(","):
        for metric in "rmse mse r2 mae var".split():
            yield data, RegressionEvaluator, {"metricName": metric}
            yield data, RegressionEvaluator, {"metricName": metric, "throughOrigin": True}
            if data == "regression":
                yield data, RegressionEvaluator, {"metricName": metric, "weightCol": "weight"}
                yield data, RegressionEvaluator, {"metricName": metric, "weightCol": "weight", "throughOrigin": True}


def evaluation(spark):
    datasets, frames, cases = evaluation_datasets(), {}, []
    for name, rows in datasets.items():
        if name.startswith("binary"):
            full = {"columns": [["label", "double"], ["score", "double"], ["weight", "double"], ["rawPrediction", "vector"]], "rows": [[y, s, w, [-s, s]] for y, s, w in rows]}
        elif name.startswith("multiclass"):
            full = {"columns": [["label", "double"], ["prediction", "double"], ["weight", "double"], ["probability", "vector"]], "rows": rows}
        else:
            full = {"columns": [["label", "double"], ["prediction", "double"], ["weight", "double"]], "rows": rows}
        frames[name] = frame_in(spark, full).cache()
    for name, evaluator, params in evaluation_cases():
        case = {"dataset": name, "evaluator": evaluator.__name__, "params": params}
        try:
            case["value"] = evaluator(**params).evaluate(frames[name])
        except Exception as e:
            case.update(failure(e))
        cases.append(case)
    columns = {"binary": ["label", "score", "weight"], "multiclass": ["label", "prediction", "weight", "probability"], "regression": ["label", "prediction", "weight"]}
    about = ("A dataset's first word names its columns. Binary frames have rawPrediction = [-score, score] as well. In `binary long` label = i % 7 % 2 and "
             "score = (i * 37 % 2503) / 2503 for i < 2500, weight 1; its rows are not stored.")
    del datasets["binary long"]
    return {"about": about, "columns": columns, "datasets": datasets, "cases": cases}


# ---- telco ----

TELCO_CATEGORIES = ("gender SeniorCitizen Partner Dependents PhoneService MultipleLines InternetService OnlineSecurity OnlineBackup DeviceProtection "
                    "TechSupport StreamingTV StreamingMovies Contract PaperlessBilling PaymentMethod").split()
TELCO_NUMBERS = ["tenure", "MonthlyCharges", "TotalCharges"]


def telco_pipeline(estimator):
    idx, vec = [c + "_i" for c in TELCO_CATEGORIES], [c + "_v" for c in TELCO_CATEGORIES]
    return Pipeline(stages=[StringIndexer(inputCols=TELCO_CATEGORIES, outputCols=idx, handleInvalid="keep"), StringIndexer(inputCol="Churn", outputCol="label", handleInvalid="skip"),
                            OneHotEncoder(inputCols=idx, outputCols=vec), VectorAssembler(inputCols=TELCO_NUMBERS + vec, outputCol="features"), estimator])


def telco_fit(model, frame):
    lr = model.stages[-1]
    attrs = model.transform(frame).schema["features"].metadata["ml_attr"]["attrs"]
    names = {a["idx"]: a["name"] for group in attrs.values() for a in group}
    return {"coefficients": [[names[i], c] for i, c in enumerate(lr.coefficients.toArray())], "intercept": lr.intercept, "totalIterations": lr.summary.totalIterations,
            "objectiveHistory": list(lr.summary.objectiveHistory)}


def telco(spark):
    path = os.environ.get("TELCO_CSV", os.path.join(HERE, "..", "..", "examples", "data", "telco-churn.csv"))
    df = spark.read.csv(path, header=True, inferSchema=True, ignoreLeadingWhiteSpace=True)
    df = df.withColumn("TotalCharges", F.expr("try_cast(TotalCharges as double)")).na.fill({"TotalCharges": 0.0}).withColumn("SeniorCitizen", F.col("SeniorCitizen").cast("string"))
    df = df.withColumn("foldCol", F.pmod(F.crc32(F.col("customerID").cast("binary")), F.lit(3)).cast("int")).coalesce(1).cache()
    facts = {"schema": df.schema.simpleString(), "rows": df.count(), "foldSizes": [df.where(f"foldCol = {k}").count() for k in range(3)],
             "firstFolds": [[r.customerID, r.foldCol] for r in df.select("customerID", "foldCol").head(8)]}
    auc, pr = BinaryClassificationEvaluator(), BinaryClassificationEvaluator(metricName="areaUnderPR")
    cases = []
    train, test = df.where("foldCol != 0").cache(), df.where("foldCol = 0").cache()
    for params in ({"regParam": 0.01}, {"regParam": 0.01, "tol": 1e-10, "maxIter": 500}, {"regParam": 0.01, "elasticNetParam": 0.5, "tol": 1e-10, "maxIter": 500}):
        model = telco_pipeline(LogisticRegression(**params)).fit(train)
        out = model.transform(test).cache()
        rows = out.select("customerID", "rawPrediction", "probability", "prediction").head(20)
        cases.append({"name": "train on folds 1 and 2, test on fold 0", "params": params, **telco_fit(model, train), "labels": [list(x) for x in model.stages[0].labelsArray],
                      "areaUnderROC": auc.evaluate(out), "areaUnderPR": pr.evaluate(out), "accuracy": MulticlassClassificationEvaluator(metricName="accuracy").evaluate(out),
                      "f1": MulticlassClassificationEvaluator(metricName="f1").evaluate(out), "trainAreaUnderROC": model.stages[-1].summary.areaUnderROC,
                      "firstRows": [[r.customerID, list(r.rawPrediction.toArray()), list(r.probability.toArray()), r.prediction] for r in rows]})
        print(params, cases[-1]["areaUnderROC"], flush=True)
    lr = LogisticRegression()
    grid = ParamGridBuilder().addGrid(lr.regParam, [0.001, 0.01, 0.1]).addGrid(lr.elasticNetParam, [0.0, 0.5]).build()
    points = [{p.name: v for p, v in g.items()} for g in grid]
    cv = CrossValidator(estimator=telco_pipeline(lr), estimatorParamMaps=grid, evaluator=auc, numFolds=3, foldCol="foldCol").fit(df)
    best = max(range(len(grid)), key=lambda k: cv.avgMetrics[k])
    cases.append({"name": "CrossValidator over foldCol", "grid": points, "avgMetrics": cv.avgMetrics, "stdMetrics": cv.stdMetrics, "best": points[best],
                  "refit": telco_fit(cv.bestModel, df), "refitAreaUnderROC": auc.evaluate(cv.transform(df))})
    about = "SeniorCitizen read as a string, a blank TotalCharges is 0, foldCol = crc32(UTF-8 bytes of customerID) mod 3."
    return {"about": about, "frame": facts, "cases": cases}


# ---- expressions ----

EXPRESSION_FRAMES = {
    "main": {"columns": [["id", "int"], ["i", "int"], ["l", "bigint"], ["d", "double"], ["e", "double"], ["s", "string"], ["t", "string"], ["b", "boolean"], ["c", "boolean"],
                         ["day", "date"], ["at", "timestamp"], ["a", "array<int>"], ["w", "array<string>"]],
             "rows": [
                 [0, 1, 10, 1.5, 2.0, "apple", "a", True, True, "2024-02-29", "2024-02-29T12:34:56.789012", [1, 2, 3], ["x", "y"]],
                 [1, -7, 3, -0.0, 0.0, "", "", True, False, "1999-12-31", "1999-12-31T23:59:59", [], []],
                 [2, 0, -4, NAN, NAN, "  Pad ", "ad", True, None, "1970-01-01", "1970-01-01T00:00:00", [3, None, 3], ["x", None]],
                 [3, None, None, None, 1.0, None, "x", False, None, None, None, None, None],
                 [4, 2147483647, 9007199254740993, INF, -INF, "Straße É", "ß", None, None, "2023-03-01", "2023-03-01T06:07:08", [2147483647], ["", "x"]],
                 [5, 5, 0, -2.5, 2.5, "a.b%c_d", ".b%", False, True, "2024-12-31", "2024-12-30T00:00:01", [None], ["a,b"]],
                 [6, 5, 2, 0.1, 0.2, "\U0001F600 ok", "\U0001F600", False, False, "0099-01-01", "1900-01-01T00:00:00.5", [0], ["z"]]]},
    "numbers": {"columns": [["id", "int"], ["k", "string"], ["i", "int"], ["d", "double"], ["e", "double"]],
                "rows": [[0, "p", 1, 1.0, 2.0], [1, "p", 2, NAN, 1.0], [2, "q", None, 3.5, None], [3, "q", 4, None, 0.5], [4, None, 2, -0.0, 4.0], [5, "q", 9, 0.0, -1.5], [6, None, -3, INF, 2.5], [7, "r", None, None, None]]},
    "clean": {"columns": [["k", "string"], ["i", "int"], ["d", "double"]],
              "rows": [["p", 1, 1.5], ["q", 4, 2.25], ["p", 3, -1.0], ["q", 8, 7.0], ["p", 2, 0.5], ["q", 6, 3.0], ["p", 5, 10.0], ["r", 7, 4.0]]},
    "other": {"columns": [["k", "string"], ["v", "int"]], "rows": [["p", 10], ["p", 11], [None, 12], ["z", 13]]},
    "pairs": {"columns": [["a", "int"], ["b", "int"]], "rows": [[1, 1], [1, 2], [2, 1], [2, 2], [3, 1], [3, 2]]},
    "sales": {"columns": [["course", "string"], ["year", "int"], ["earnings", "double"]],
              "rows": [["dotNET", 2012, 10000.0], ["Java", 2012, 20000.0], ["dotNET", 2012, 5000.0], ["dotNET", 2013, 48000.0], ["Java", 2013, 30000.0]]},
    "people": {"columns": [["name", "string"], ["age", "int"], ["height", "double"]],
               "rows": [["Bob", 16, 176.5], ["Alice", None, 164.3], ["David", 60, None], ["Nina", 25, NAN], ["Amy", None, None], [None, None, None]]},
    "letters": {"columns": [["numbers", "int"], ["letters", "string"], ["singles", "double"], ["doubles", "double"], ["negDoubles", "double"]],
                "rows": [[i % 3, "abc"[i % 2 + (i % 5 == 0)], float(i), 2.0 * i, i * -1.0] for i in range(30)]},
    "visits": {"columns": [["u", "string"], ["at", "timestamp"], ["x", "int"]],
               "rows": [["p", "2024-01-01T00:10:00", 3], ["p", "2024-01-01T00:00:00", 1], ["p", "2024-01-01T00:05:00", 2], ["p", "2024-01-01T00:15:00.000001", 4], ["q", "2024-01-01T00:00:00", 5],
                        ["q", None, 6], ["p", "2024-01-01T01:00:00", 7], [None, "2023-12-31T23:59:59", 8], [None, "2024-01-01T00:00:00", 9]]},
    "texts": {"columns": [["id", "int"], ["u", "string"], ["n", "string"], ["m", "double"], ["w", "string"]],
              "rows": [[0, "http://user:pa%20ss@spark.apache.org:8080/path/a;p?query=1&k=v%20w&k=2#Ref", "$1,234.56", 1234.5, "Hi there! Good morning. It is 3.14 o'clock? well-known é"],
                       [1, "https://example.com", "12", -12.0, "Hello world. 12,000.50 items! foo_bar a@b.com x.y"], [2, "not a url", "$12.5", 0.5, ""], [3, None, None, None, None],
                       [4, "mailto:a@b.com", "$ 7", 0.0, "..."], [5, "ftp://[::1]/x?query=", "-3", 99999.0, "one\n\ntwo"], [6, "/relative/path?a=1&a=2", "<5>", 1.25, "ß"], [7, "http://a_b.com/x", "$,1", -0.25, "a-b-c -d"],
                       [8, "http://h/p?x=1&query=2&queryx=3#", "", 7.0, "x"], [9, "http://1.2.3.4?q", "$9999", 12.0, "a  b"], [10, "http://", "012", 1000000.0, "no"], [11, "HTTP://EXAMPLE.com/%zz", "$0.5", 5.0, "no"],
                       [12, "http://exämple.com/ü?ü=1", "3-", 5.5, "no"], [13, "", " 12 ", 5.25, "no"], [14, "http://h:99x/p", "1.5", 55.0, "no"], [15, "http://h/a|b", "1e3", 0.01, "no"], [16, "http:", ".", 10.0, "no"]]},
    "keys": {"columns": [["d", "double"], ["v", "int"]], "rows": [[NAN, 1], [0.0, 2], [None, 3], [1.0, 4]]},
}

# Values of one column `x` of the type, for casts.
CAST_INPUTS = {
    "string": ["1", " 2 ", "+3", "-4.7", "1e2", "0x10", "", " ", "abc", None, "NaN", "nan", "Infinity", "-inf", "inf", "2147483648", "true", "T", "yes", "No", "0", "f", "2024-02-29", "2024-2-9", "2023-02-29",
               "2024-02-29 01:02:03", "1.5d", "1,000", ".5", "5.", "\t7\n", "9223372036854775808", "1_000", "-0", "1e400"],
    "double": [1.0, 1.5, 1.9, -1.9, 0.1, 1e7, 12345678.9, 1e-3, 1e-4, 1e21, 100.0, -0.0, NAN, INF, -INF, None, 2147483648.0, 1e19, 1 / 3, 5e-324],
    "float": [0.1, 16777216.0, 1e10, 3.4028234663852886e38],
    "int": [0, 1, -1, 2147483647, None],
    "bigint": [0, 2147483648, -9223372036854775808, 9007199254740993, None],
    "boolean": [True, False, None],
    "date": [datetime.date(2024, 2, 29), datetime.date(99, 1, 1), None],
    "timestamp": [datetime.datetime(2024, 2, 29, 12, 34, 56, 789012), datetime.datetime(1969, 12, 31, 23, 59, 59, 500000), datetime.datetime(2024, 1, 1), None],
}
CASTS = {"string": "int bigint double float boolean date timestamp", "double": "int bigint string boolean float", "float": "string double", "int": "double string boolean bigint smallint timestamp",
         "bigint": "int double string boolean", "boolean": "int double string", "date": "string timestamp int", "timestamp": "string date bigint double"}

# Column expressions over `main`, one a line; `|` parts it from the columns to show.
COLUMN_EXPRESSIONS = """
col("i") + col("l") | i l
col("i") + 1 | i
col("i") - col("l") | i l
col("i") * 2 | i
col("i") * 2.0 | i
col("l") * col("l") | l
col("d") + col("e") | d e
col("d") - col("e") | d e
col("d") * col("e") | d e
col("d") / col("e") | d e
col("i") / 2 | i
col("i") / col("l") | i l
col("i") / 0 | i
lit(7) / lit(2) |
col("i") % 3 | i
col("i") % -3 | i
col("l") % col("i") | l i
col("d") % 2 | d
-col("i") | i
-col("d") | d
col("i") + col("d") | i d
expr("i div 2") | i
expr("d div 2") | d
expr("i div 0") | i
pmod(col("i"), lit(3)) | i
pmod(col("d"), lit(2.0)) | d
try_divide(col("d"), col("e")) | d e
try_divide(col("i"), col("l")) | i l
try_add(col("i"), lit(1)) | i
col("d") == col("e") | d e
col("d") < col("e") | d e
col("d") <= col("e") | d e
col("d") > col("e") | d e
col("d") >= 0 | d
col("d") != col("e") | d e
col("d") == 0.0 | d
col("d") == float("nan") | d
col("d") > float("inf") | d
col("i") == col("d") | i d
col("d").eqNullSafe(col("e")) | d e
col("i").eqNullSafe(None) | i
col("s") < col("t") | s t
col("s") == "" | s
col("i") == "5" | i
col("day") < "2024-01-01" | day
col("b") & col("c") | b c
col("b") | col("c") | b c
~col("b") | b
col("b") == col("c") | b c
col("b") < col("c") | b c
col("i").isNull() | i
col("d").isNotNull() | d
isnan(col("d")) | d
col("d").isNaN() | d
isnan(col("i")) | i
when(col("i") > 0, "pos").when(col("i") < 0, "neg").otherwise("zero or null") | i
when(col("i") > 0, 1) | i
when(col("b"), col("i")).otherwise(col("d")) | b i d
when(col("b"), 1).otherwise("x") | b
col("i").between(0, 5) | i
col("d").between(0, float("nan")) | d
col("i").isin(1, 5) | i
col("i").isin(1, None) | i
~col("i").isin(1, None) | i
col("i").isin([]) | i
col("d").isin(float("nan"), 0.0) | d
col("s").isin("apple", "") | s
col("s").like("a%") | s
col("s").like("_pple") | s
col("s").like("%\\\\%c%") | s
col("s").like("a.b\\\\%c\\\\_d") | s
col("s").ilike("A%") | s
col("s").rlike("^a.*[ed]$") | s
col("s").rlike("(?i)APPLE") | s
col("s").rlike("") | s
col("s").contains("a") | s
col("s").contains("") | s
col("s").contains(col("t")) | s t
col("s").startswith("a") | s
col("s").endswith("d") | s
col("s").startswith(col("t")) | s t
col("s").substr(1, 2) | s
col("s").substr(0, 2) | s
col("s").substr(-3, 2) | s
col("s").substr(2, 100) | s
col("s").substr(-100, 98) | s
col("s").substr(2, 0) | s
substring(col("s"), 1, -1) | s
left(col("s"), lit(2)) | s
right(col("s"), lit(2)) | s
concat(col("s"), col("t")) | s t
concat(col("s"), lit("-"), col("i")) | s i
concat(col("a"), col("a")) | a
concat_ws("-", col("s"), col("t")) | s t
concat_ws("-", col("s"), col("w")) | s w
upper(col("s")) | s
lower(col("s")) | s
initcap(col("s")) | s
trim(col("s")) | s
ltrim(col("s")) | s
rtrim(col("s")) | s
trim(lit("\\t x \\n")) |
trim(col("s"), lit("ae")) | s
length(col("s")) | s
octet_length(col("s")) | s
reverse(col("s")) | s
replace(col("s"), lit("a"), lit("_")) | s
replace(col("s"), lit(""), lit("_")) | s
regexp_replace(col("s"), "[aeiou]", "<$0>") | s
regexp_replace(col("s"), "(.)p", "$1$1") | s
regexp_extract(col("s"), "([a-z])([a-z])", 2) | s
regexp_extract(col("s"), "(zzz)", 1) | s
regexp_extract(col("s"), "(p+)", 0) | s
regexp_extract(col("s"), "(p+)", 3) | s
split(col("s"), "p") | s
split(col("s"), "") | s
split(col("s"), "p", 2) | s
split(col("s"), "[.%_]") | s
split_part(col("s"), lit("."), lit(2)) | s
lpad(col("s"), 7, "*-") | s
rpad(col("s"), 7, "*-") | s
lpad(col("s"), 2, "*") | s
lpad(col("s"), 7, "") | s
repeat(col("t"), 2) | t
instr(col("s"), "p") | s
locate("p", col("s"), 3) | s
translate(col("s"), "ap", "A") | s
ascii(col("s")) | s
levenshtein(col("s"), col("t")) | s t
format_string("%d|%s|%.2f", col("i"), col("s"), col("e")) | i s e
format_number(col("d"), 2) | d
crc32(col("s").cast("binary")) | s
md5(col("s").cast("binary")) | s
hex(col("s").cast("binary")) | s
col("s").cast("string") + 1 | s
coalesce(col("i"), col("l"), lit(-1)) | i l
coalesce(col("d"), col("e")) | d e
greatest(col("d"), col("e")) | d e
least(col("d"), col("e")) | d e
greatest(col("i"), col("l")) | i l
greatest(col("s"), col("t")) | s t
ifnull(col("i"), lit(0)) | i
nullif(col("i"), lit(5)) | i
nullif(col("d"), lit(float("nan"))) | d
nanvl(col("d"), lit(9.0)) | d
nanvl(col("d"), col("e")) | d e
abs(col("i")) | i
abs(col("d")) | d
ceil(col("d")) | d
floor(col("d")) | d
ceil(col("e")) | e
round(col("d")) | d
round(col("d"), 1) | d
round(col("i"), -1) | i
bround(col("d")) | d
bround(col("d"), 0) | d
round(lit(2.675), 2) |
round(lit(2.5)) |
round(lit(-2.5)) |
round(lit(0.5)) |
round(lit(1.005), 2) |
round(lit(1234.5), -2) |
round(lit(1250), -2) |
bround(lit(2.5)) |
bround(lit(3.5)) |
bround(lit(-2.5)) |
bround(lit(1250), -2) |
rint(col("d")) | d
sqrt(col("d")) | d
cbrt(col("d")) | d
exp(col("e")) | e
expm1(col("e")) | e
log(col("d")) | d
log(col("e")) | e
log(2.0, col("e")) | e
log10(col("e")) | e
log2(col("e")) | e
log1p(col("d")) | d
pow(col("d"), col("e")) | d e
pow(col("i"), lit(2)) | i
pow(col("d"), lit(0.0)) | d
signum(col("d")) | d
signum(col("i")) | i
sin(col("e")) | e
cos(col("e")) | e
tan(col("e")) | e
asin(col("d")) | d
acos(col("d")) | d
atan(col("e")) | e
atan2(col("d"), col("e")) | d e
sinh(col("e")) | e
tanh(col("e")) | e
degrees(col("e")) | e
radians(col("e")) | e
hypot(col("d"), col("e")) | d e
factorial(col("i")) | i
col("i").bitwiseAND(6) | i
col("i").bitwiseXOR(6) | i
bitwise_not(col("i")) | i
shiftleft(col("i"), 1) | i
shiftright(col("i"), 1) | i
hash(col("s")) | s
year(col("day")) | day
month(col("day")) | day
dayofmonth(col("day")) | day
dayofweek(col("day")) | day
dayofyear(col("day")) | day
weekofyear(col("day")) | day
quarter(col("day")) | day
hour(col("at")) | at
minute(col("at")) | at
second(col("at")) | at
year(col("at")) | at
datediff(col("day"), lit("2024-01-01").cast("date")) | day
date_add(col("day"), 1) | day
date_sub(col("day"), 1) | day
add_months(col("day"), 12) | day
add_months(col("day"), -1) | day
months_between(col("at"), lit("2024-01-31").cast("date")) | at
last_day(col("day")) | day
trunc(col("day"), "month") | day
date_trunc("hour", col("at")) | at
date_format(col("at"), "yyyy-MM-dd HH:mm:ss") | at
to_date(col("at")) | at
to_date(lit("29/02/2024"), "dd/MM/yyyy") |
to_date(lit("2024-13-01")) |
to_timestamp(lit("2024-02-29 01:02:03")) |
to_timestamp(lit("29.02.2024 01:02"), "dd.MM.yyyy HH:mm") |
unix_timestamp(col("at")) | at
from_unixtime(lit(86400)) |
col("at").cast("date") == col("day") | at day
col("day") + 1 | day
size(col("a")) | a
array_contains(col("a"), 3) | a
array_contains(col("w"), "x") | w
element_at(col("a"), 1) | a
element_at(col("a"), -1) | a
try_element_at(col("a"), lit(1)) | a
element_at(col("a"), 0) | a
col("a").getItem(0) | a
get(col("a"), 0) | a
array(col("i"), col("l")) | i l
array_max(col("a")) | a
array_min(col("a")) | a
array_distinct(col("a")) | a
array_sort(col("a")) | a
sort_array(col("a"), False) | a
array_join(col("w"), "-") | w
array_join(col("w"), "-", "?") | w
array_position(col("a"), 3) | a
array_remove(col("a"), 3) | a
slice(col("a"), 2, 2) | a
struct(col("i"), col("s")) | i s
lit(None) |
lit(1) |
lit(2147483648) |
lit(1.5) |
lit("x") |
lit(True) |
lit(datetime.date(2024, 1, 2)) |
col("s").alias("x") | s
width_bucket(col("e"), lit(0.0), lit(3.0), lit(3)) | e
substring_index(col("s"), "p", 1) | s
substring_index(col("s"), "p", 2) | s
substring_index(col("s"), "p", -1) | s
substring_index(col("s"), "", 1) | s
substring_index(col("s"), "p", 0) | s
regexp_extract_all(col("s"), lit("([a-z])"), 1) | s
char_length(col("s")) | s
lpad(col("s"), 0, "*") | s
array_union(col("a"), lit([3, 4, 4])) | a
array_union(col("a"), col("a")) | a
array_intersect(col("a"), lit([3, 1])) | a
array_except(col("a"), lit([3])) | a
array_except(col("a"), col("a")) | a
arrays_overlap(col("a"), lit([3, 7])) | a
arrays_overlap(col("a"), lit([77])) | a
array_append(col("a"), 9) | a
array_append(col("a"), lit(None)) | a
array_prepend(col("a"), 9) | a
array_compact(col("a")) | a
array_repeat(col("i"), 2) | i
array_size(col("a")) | a
sort_array(col("a")) | a
slice(col("a"), -2, 2) | a
slice(col("a"), 1, 0) | a
slice(col("a"), 0, 1) | a
slice(col("a"), -5, 2) | a
flatten(array(col("a"), col("a"))) | a
sequence(lit(1), lit(5), lit(2)) |
sequence(lit(5), lit(1)) |
element_at(col("a"), 9) | a
try_element_at(col("a"), lit(9)) | a
col("a").getItem(9) | a
get(col("a"), 9) | a
col("a")[1] | a
map_keys(create_map(lit("a"), col("i"), lit("b"), col("i"))) | i
map_values(create_map(lit("a"), col("i"), lit("b"), col("i"))) | i
map_contains_key(create_map(lit("a"), col("i")), "a") | i
element_at(create_map(lit("a"), col("i")), "a") | i
create_map(lit("a"), col("i")).getItem("zz") | i
create_map(lit("a"), col("i"))["a"] | i
size(create_map(lit("a"), col("i"))) | i
struct(col("i"), col("s").alias("z")).getField("z") | i s
struct(col("i"), col("s")).cast("string") | i s
col("a").cast("string") | a
col("w").cast("string") | w
create_map(lit("a"), col("d")).cast("string") | d
col("a").cast("array<string>") | a
col("a").cast("array<double>") | a
col("w").cast("array<int>") | w
array_max(array(col("d"), col("e"))) | d e
array_min(array(col("d"), col("e"))) | d e
array_contains(array(col("d"), col("e")), float("nan")) | d e
array_distinct(array(col("d"), col("e"), lit(0.0))) | d e
array_sort(array(col("d"), col("e"), lit(0.0))) | d e
nvl(col("i"), lit(0)) | i
nvl2(col("i"), lit(1), lit(2)) | i
concat_ws(",", col("a").cast("array<string>")) | a
next_day(col("day"), "Mon") | day
next_day(col("day"), "Sunday") | day
trunc(col("day"), "year") | day
trunc(col("day"), "week") | day
trunc(col("day"), "quarter") | day
trunc(col("day"), "nope") | day
date_trunc("week", col("at")) | at
date_trunc("month", col("at")) | at
date_trunc("second", col("at")) | at
date_format(col("at"), "EEE, d MMM yyyy h:mm a") | at
date_format(col("day"), "yy/M/dd 'at' HH") | day
weekday(col("day")) | day
dayname(col("day")) | day
monthname(col("day")) | day
make_date(lit(2024), lit(2), lit(29)) |
make_date(lit(2023), lit(2), lit(29)) |
timestamp_seconds(lit(1.5)) |
timestamp_seconds(col("i")) | i
unix_date(col("day")) | day
unix_seconds(col("at")) | at
unix_millis(col("at")) | at
from_unixtime(lit(0), "yyyy-MM-dd") |
unix_timestamp(lit("2024-02-29 01:02:03")) |
unix_timestamp(lit("29/02/2024"), "dd/MM/yyyy") |
months_between(col("day"), lit("2024-02-28").cast("date")) | day
date_add(col("day"), -400) | day
add_months(col("day"), 1) | day
datediff(col("at"), col("day")) | at day
to_timestamp(col("s")) | s
to_date(col("day").cast("string")) | day
col("at") > col("day") | at day
cosh(col("e")) | e
cot(col("e")) | e
asinh(col("e")) | e
ln(col("e")) | e
sign(col("e")) | e
try_mod(col("i"), lit(0)) | i
try_multiply(col("i"), lit(2)) | i
try_subtract(col("i"), lit(2147483647)) | i
try_add(col("d"), lit(1)) | d
ceil(col("i")) | i
round(col("d"), -1) | d
round(lit(123.456), 1) |
round(lit(-0.5)) |
round(lit(1e20), 2) |
round(lit(0.285), 2) |
round(lit(5e-324), 3) |
bround(lit(0.285), 2) |
bround(lit(1.5)) |
bround(lit(0.125), 2) |
round(lit(2147483647), -1) |
shiftleft(col("l"), 3) | l
shiftright(col("l"), 1) | l
bin(col("i")) | i
hex(col("i")) | i
hex(col("s")) | s
base64(col("s").cast("binary")) | s
sha2(col("s").cast("binary"), 256) | s
sha1(col("s").cast("binary")) | s
chr(col("i")) | i
left(col("s"), lit(-1)) | s
right(col("s"), lit(0)) | s
initcap(lit("hELLO wORLD-x  y")) |
lower(lit("ÀÉ İ")) |
trim(lit("xxhixx"), lit("x")) |
replace(lit("aaa"), lit("aa"), lit("b")) |
split(lit("a1b2c"), "[0-9]", 2) |
split(lit("a,,b,,"), ",") |
split(lit("a,b"), ",", 0) |
split(lit(""), ",") |
split_part(lit("a.b.c"), lit("."), lit(-1)) |
regexp_replace(lit("a.b"), lit("\\\\."), lit("\\\\$")) |
instr(lit("abc"), "") |
locate("b", lit("abcb"), 0) |
locate("", lit("abc"), 2) |
concat(col("b"), col("d")) | b d
col("d") + col("s") | d s
col("i") / col("d") | i d
col("b") + 1 | b
col("i") == col("s") | i s
col("i").isin("1", "5") | i
col("s") + "1" | s
lit("3") * lit("4") |
lit("7") / 2 |
lit(1).cast("decimal(10,2)") + lit(2).cast("decimal(5,3)") |
lit(7).cast("decimal(10,2)") / lit(3).cast("decimal(10,2)") |
lit(7).cast("decimal(10,2)") * lit(3).cast("decimal(10,2)") |
lit(7).cast("decimal(10,2)") % lit(4).cast("decimal(10,2)") |
col("i").cast("decimal(12,1)") * 2 | i
col("d").cast("decimal(10,3)") | d
col("i").cast("float") + col("d") | i d
col("i").cast("smallint") | i
col("i").cast("tinyint") + col("i").cast("tinyint") | i
when(col("i") > 0, col("day")).otherwise(col("at")) | i day at
coalesce(col("s"), col("i")) | s i
greatest(col("i"), col("d"), lit(0)) | i d
isnull(col("s")) | s
isnotnull(col("s")) | s
nanvl(col("i"), col("d")) | i d
format_number(col("i"), 1) | i
format_number(lit(1234567.891), 0) |
format_number(lit(0.125), 2) |
expm1(lit(1e-10)) |
log1p(lit(1e-10)) |
pow(lit(0.0), lit(0)) |
atan2(lit(0.0), lit(-1.0)) |
cbrt(lit(-8.0)) |
hypot(lit(3e200), lit(4e200)) |
hash(col("i")) | i
hash(col("l")) | l
hash(col("d")) | d
hash(col("d").cast("float")) | d
hash(col("b")) | b
hash(col("day")) | day
hash(col("at")) | at
hash(col("a")) | a
hash(col("w")) | w
hash(col("i"), col("s"), col("d"), col("at")) | i s d at
hash(col("s").cast("binary")) | s
hash(col("i").cast("decimal(12,2)")) | i
hash(col("l").cast("decimal(30,2)")) | l
hash(array(col("day"))) | day
hash(struct(col("i"), col("s"))) | i s
hash(create_map(lit(1), col("i"))) | i
hash(lit(None)) |
xxhash64(col("i")) | i
xxhash64(col("l")) | l
xxhash64(col("d")) | d
xxhash64(col("s")) | s
xxhash64(repeat(col("s"), 9)) | s
xxhash64(col("b"), col("day"), col("at"), col("w")) | b day at w
xxhash64(col("l").cast("decimal(30,2)")) | l
crc32(col("s")) | s
crc32(col("i")) | i
sha2(col("s"), 224) | s
sha2(col("s"), 384) | s
sha2(col("s"), 512) | s
sha2(col("s"), 0) | s
sha2(col("s"), 7) | s
concat(col("s"), col("t"), lit(None)) | s t
concat_ws("||", lit("a"), lit(None), lit("b")) |
elt(lit(1), col("s"), col("t")) | s t
elt(lit(2), lit("hello"), lit("world")) |
ascii(lit("")) |
ascii(lit("aaads")) |
base64(lit("tést").cast("binary")) |
unbase64(lit("AQIDBA==")) |
unbase64(base64(col("s").cast("binary"))).cast("string") | s
format_number(lit(5.0), 4) |
format_number(lit(1234567), 0) |
format_number(lit(-0.0), 1) |
format_number(lit(4.999), 2) |
format_number(lit(12332.123456), 4) |
format_number(lit(1e15), 2) |
format_string("aa%d%s", lit(123), lit("cc")) |
format_string("%s %5d|%-5d|%05d", lit("x"), lit(42), lit(42), lit(42)) |
format_string("%x %X %o %e %c %b", lit(255), lit(255), lit(8), lit(1.5), lit(65), lit(True)) |
format_string("%10.3f|%+d|%%", lit(3.14159), lit(5)) |
format_string("%s %s", lit(None), lit(1.0)) |
format_string("%,d", lit(1234567)) |
instr(lit("aaads"), "aa") |
instr(lit("aaads"), "zz") |
locate("aa", lit("aaads")) |
locate("aa", lit("aaads"), 2) |
locate("aa", lit("aaads"), 0) |
locate("", lit("aaads"), 9) |
locate("zz", lit("aaads"), 1) |
lpad(lit("hi"), 5, "??") |
rpad(lit("hi"), 5, "??") |
rpad(lit("hi"), 1, "??") |
lpad(lit("hi"), -1, "?") |
rpad(lit("hi"), 7, "abc") |
translate(lit("translate"), "rnlt", "123") |
translate(lit("AaBbCc"), "abc", "123") |
translate(lit("translate"), "tt", "12") |
trim(lit("  aaa  ")) |
ltrim(lit("  aaa  ")) |
rtrim(lit("  aaa  ")) |
btrim(lit("xxaxx"), lit("x")) |
ltrim(lit("xyz"), lit("xy")) |
initcap(lit("sPark sql")) |
initcap(lit("ab-cd_ef 1gh")) |
reverse(lit("Spark SQL")) |
levenshtein(lit("kitten"), lit("sitting")) |
levenshtein(lit("kitten"), lit("sitting"), 2) |
repeat(lit("hi"), 0) |
repeat(lit("hi"), -1) |
repeat(lit("hi"), 3) |
substring_index(lit("www.apache.org"), ".", 3) |
substring_index(lit("www.apache.org"), ".", 2) |
substring_index(lit("www.apache.org"), ".", -2) |
substring_index(lit("www||apache||org"), "||", -2) |
substring_index(lit("www.apache.org"), "#", -2) |
substring_index(lit("aBaBa"), "b", 1) |
substring(lit("Spark SQL"), 5, 3) |
substring(lit("Spark SQL"), -3, 2) |
substring(lit("Spark SQL"), 0, 2) |
substr(lit("Spark SQL"), lit(5)) |
overlay(lit("Spark SQL"), lit("_"), lit(6)) |
overlay(lit("Spark SQL"), lit("CORE"), lit(7)) |
overlay(lit("Spark SQL"), lit("ANSI "), lit(7), lit(0)) |
overlay(lit("Spark SQL"), lit("tructured"), lit(2), lit(4)) |
split(lit("oneAtwoBthreeC"), "[ABC]") |
split(lit("oneAtwoBthreeC"), "[ABC]", -1) |
split(lit("oneAtwoBthreeC"), "[ABC]", 1) |
split(lit("oneAtwoBthreeC"), "[ABC]", 0) |
split(lit("abc"), "") |
split(lit("aXbXc"), "X", 2) |
split(lit("a|b"), "\\\\|") |
split(lit("a.b"), ".") |
split(lit("  a  b "), "\\\\s+") |
split_part(lit("11.12.13"), lit("."), lit(3)) |
split_part(lit("11.12.13"), lit("."), lit(5)) |
split_part(lit("11.12.13"), lit("."), lit(0)) |
split_part(lit("11.12.13"), lit(""), lit(1)) |
regexp_replace(lit("100-200"), "(\\\\d+)", "num") |
regexp_replace(lit("100-200"), "(\\\\d+)-(\\\\d+)", "$2-$1") |
regexp_replace(lit("num-200"), "(?i)NUM", "x") |
regexp_replace(lit("abc"), "", "-") |
regexp_extract(lit("100-200"), "(\\\\d+)-(\\\\d+)", 1) |
regexp_extract(lit("100-200"), "(\\\\d+)-(\\\\d+)", 0) |
regexp_extract(lit("foo"), "(\\\\d+)", 1) |
regexp_extract(lit("aaaac"), "(a+)(b)?(c)", 2) |
regexp_extract(lit("100-200"), "(\\\\d+)", 2) |
regexp_extract_all(lit("100-200, 300-400"), lit("(\\\\d+)-(\\\\d+)"), 1) |
regexp_extract_all(lit("100-200, 300-400"), lit("(\\\\d+)-(\\\\d+)"), 0) |
regexp_extract_all(lit("100-200, 300-400"), lit("(\\\\d+)-(\\\\d+)")) |
regexp_count(lit("1a 2b 14m"), lit("\\\\d+")) |
regexp_substr(lit("1a 2b 14m"), lit("\\\\d{2}")) |
regexp_substr(lit("1a 2b 14m"), lit("\\\\d{3}")) |
regexp_instr(lit("1a 2b 14m"), lit("\\\\d{2}")) |
regexp_like(lit("1a 2b 14m"), lit("\\\\d+b")) |
rlike(lit("1a"), lit("^\\\\d")) |
find_in_set(lit("ab"), lit("abc,b,ab,c,def")) |
find_in_set(lit("a,b"), lit("a,b")) |
contains(lit("Spark SQL"), lit("Spark")) |
startswith(lit("Spark"), lit("Sp")) |
endswith(lit("Spark"), lit("rk")) |
char_length(lit("SPARK SQL")) |
character_length(lit("SPARK SQL ")) |
length(lit("aé😀")) |
octet_length(lit("aé😀")) |
bit_length(lit("cat")) |
lcase(lit("SPARK")) |
ucase(lit("spark")) |
upper(lit("ß")) |
left(lit("Spark SQL"), lit(3)) |
right(lit("Spark SQL"), lit(3)) |
right(lit("Spark SQL"), lit(-3)) |
char(lit(65)) |
chr(lit(65)) |
chr(lit(321)) |
chr(lit(-1)) |
chr(lit(256)) |
replace(lit("ABCabc"), lit("abc"), lit("DEF")) |
replace(lit("ABCabc"), lit("abc")) |
position(lit("bar"), lit("foobarbar")) |
position(lit("bar"), lit("foobarbar"), lit(5)) |
url_encode(lit("https://spark.apache.org")) |
url_decode(lit("https%3A%2F%2Fspark.apache.org")) |
hex(lit("Spark SQL")) |
hex(lit(17)) |
hex(lit(-1)) |
unhex(lit("737472696E67")).cast("string") |
unhex(lit("GG")) |
unhex(lit("A")) |
conv(lit("100"), 2, 10) |
conv(lit("-10"), 16, -10) |
conv(lit("ff"), 16, 10) |
conv(lit("9223372036854775808"), 10, 16) |
conv(lit(3), 10, 2) |
conv(lit("zz"), 10, 2) |
bin(lit(13)) |
bin(lit(-13)) |
bin(lit(13.3)) |
decode(encode(lit("ä"), "UTF-8"), "UTF-8") |
md5(lit("ABC").cast("binary")) |
sha1(lit("ABC")) |
sha2(lit("ABC"), 256) |
crc32(lit("ABC")) |
levenshtein(lit(""), lit("abc")) |
get_json_object(lit("{\\"a\\":{\\"b\\":[1,2]}}"), "$.a.b[1]") |
get_json_object(lit("{\\"a\\":\\"x\\"}"), "$.a") |
get_json_object(lit("{\\"a\\":{\\"b\\":1}}"), "$.a") |
get_json_object(lit("{\\"a\\":1}"), "$.b") |
get_json_object(lit("nope"), "$.b") |
get_json_object(lit("{\\"a\\":[{\\"b\\":1},{\\"b\\":2}]}"), "$.a[*].b") |
get_json_object(lit("{\\"a\\":null,\\"t\\":true,\\"d\\":1.50}"), "$.a") |
get_json_object(lit("{\\"a\\":null,\\"t\\":true,\\"d\\":1.50}"), "$.t") |
get_json_object(lit("{\\"a\\":null,\\"t\\":true,\\"d\\":1.50}"), "$.d") |
sin(lit(0.5)) |
asin(lit(2.0)) |
acosh(col("e")) | e
atanh(lit(0.5)) |
atanh(lit(1.0)) |
asinh(lit(-1.0)) |
csc(lit(1.0)) |
sec(lit(1.0)) |
cot(lit(1.0)) |
cot(lit(0.0)) |
tan(lit(1.0)) |
degrees(lit(3.141592653589793)) |
radians(lit(180)) |
cbrt(lit(27)) |
ceil(lit(-2.3)) |
ceil(lit(2.345), lit(2)) |
floor(lit(2.345), lit(1)) |
ceil(lit(1e19)) |
floor(lit(-2.3)) |
ceil(lit(-0.5)) |
floor(lit(5).cast("decimal(10,2)")) |
ceil(lit(5.5).cast("decimal(10,2)")) |
rint(lit(2.5)) |
rint(lit(-2.5)) |
round(lit(5.5)) |
round(lit(-5.5)) |
round(lit(25), -1) |
round(lit(5), -1) |
round(lit(3.1415), 3) |
round(lit(3.1415).cast("decimal(10,4)"), 2) |
round(lit(15.5).cast("float")) |
round(lit(123456789012345678), -5) |
bround(lit(25), -1) |
bround(lit(35), -1) |
bround(lit(3.15).cast("decimal(10,2)"), 1) |
exp(lit(1)) |
expm1(lit(0.5)) |
signum(lit(-10)) |
sign(lit(0.0)) |
pow(lit(3.0), lit(2)) |
pow(lit(2), lit(-1)) |
pow(lit(-8.0), lit(1.0) / lit(3.0)) |
power(lit(2), lit(10)) |
hypot(lit(3), lit(4)) |
atan2(lit(1), lit(1)) |
log(lit(0.0)) |
log(lit(-1.0)) |
log10(lit(1000)) |
log2(lit(8)) |
log(3.0, lit(9)) |
log(1.0, lit(9)) |
log(0.0, lit(9)) |
log1p(lit(-1)) |
ln(lit(1)) |
factorial(lit(5)) |
factorial(lit(21)) |
factorial(lit(-1)) |
greatest(lit(1), lit(2.5), lit(None)) |
greatest(lit("a"), lit("B")) |
least(lit(1), lit(2.5), lit(None)) |
greatest(col("day"), lit("2024-01-01").cast("date")) | day
least(lit(True), lit(False)) |
pmod(lit(-7), lit(3)) |
pmod(lit(7), lit(-3)) |
pmod(lit(-7.5), lit(2)) |
pmod(lit(7), lit(0)) |
lit(-7) % lit(3) |
lit(-7.5) % lit(2) |
shiftleft(lit(21), 1) |
shiftright(lit(-21), 1) |
shiftrightunsigned(lit(-21), 1) |
shiftrightunsigned(lit(21), 1) |
shiftleft(lit(1), 33) |
bitwise_not(lit(5)) |
bit_count(lit(7)) |
bit_count(lit(-1)) |
bit_get(lit(11), lit(0)) |
getbit(lit(11), lit(2)) |
lit(5).bitwiseOR(6) |
lit(170).bitwiseAND(75) |
lit(170).bitwiseXOR(75) |
negative(lit(1)) |
positive(lit(1)) |
negate(lit(-2147483648)) |
abs(lit(-2147483648)) |
abs(lit(-5)) |
abs(lit(-5.5).cast("decimal(5,1)")) |
lit(2147483647) + lit(1) |
lit(9223372036854775807) + lit(1) |
lit(127).cast("tinyint") + lit(1).cast("tinyint") |
width_bucket(lit(5.3), lit(0.2), lit(10.6), lit(5)) |
width_bucket(lit(-2.1), lit(1.3), lit(3.4), lit(3)) |
width_bucket(lit(8.1), lit(0.0), lit(5.7), lit(4)) |
width_bucket(lit(-0.9), lit(5.2), lit(0.5), lit(2)) |
width_bucket(lit(5.3), lit(5.3), lit(5.3), lit(2)) |
try_divide(lit(2), lit(0)) |
try_add(lit(2147483647), lit(1)) |
try_multiply(lit(9223372036854775807), lit(2)) |
try_subtract(lit(-2147483648), lit(1)) |
try_add(lit("2024-01-01").cast("date"), lit(1)) |
equal_null(lit(1), lit(None)) |
equal_null(lit(None), lit(None)) |
nullifzero(lit(0)) |
zeroifnull(lit(None)) |
year(lit("2013-04-08")) |
year(lit("2013-04-08 13:10:15")) |
year(lit("2013-04-08 13:10:15").cast("timestamp")) |
quarter(lit("2013-11-08").cast("date")) |
month(lit("2013-04-08").cast("date")) |
day(lit("2013-04-08").cast("date")) |
dayofmonth(lit("2013-04-08 23:59:59").cast("timestamp")) |
dayofyear(lit("2016-12-31").cast("date")) |
dayofweek(lit("2013-04-08").cast("date")) |
weekofyear(lit("2011-05-06").cast("date")) |
weekofyear(lit("2012-01-01").cast("date")) |
weekday(lit("2013-04-08").cast("date")) |
hour(lit("2013-04-08 13:10:15").cast("timestamp")) |
minute(lit("2013-04-08 13:10:15").cast("timestamp")) |
second(lit("2013-04-08 13:10:15").cast("timestamp")) |
second(lit("2013-04-08 13:10:15.789").cast("timestamp")) |
date_format(lit("2015-04-08 13:10:15").cast("timestamp"), "y") |
date_format(lit("2015-04-08 13:10:15").cast("timestamp"), "MMM dd, yyyy hh:mm:ss a") |
date_format(lit("2015-04-08").cast("date"), "EEEE") |
date_format(lit("2015-04-08 13:10:15.123456").cast("timestamp"), "ss.SSSSSS") |
date_format(lit("2015-04-08 13:10:15.123456").cast("timestamp"), "HH:mm:ss.SSS") |
date_format(lit("2015-04-08 13:10:15").cast("timestamp"), "QQQ q k K") |
date_format(lit("2015-04-08 13:10:15").cast("timestamp"), "yyyy-MM-dd'T'HH:mm:ssXXX") |
date_format(lit("2015-04-08 13:10:15").cast("timestamp"), "z VV") |
date_format(lit("2015-04-08 13:10:15").cast("timestamp"), "D") |
date_format(lit("2015-04-08 13:10:15").cast("timestamp"), "MMMM d") |
date_add(lit("2015-06-01").cast("date"), 3) |
date_add(lit("2015-06-01"), 3) |
date_add(lit("2015-06-01 12:34:56").cast("timestamp"), 3) |
date_sub(lit("2015-06-01").cast("date"), 40) |
dateadd(lit("2015-06-01").cast("date"), 1) |
add_months(lit("2015-08-31").cast("date"), 1) |
add_months(lit("2015-08-31").cast("date"), -6) |
add_months(lit("2016-02-29").cast("date"), 12) |
add_months(lit("2015-08-31 10:00:00").cast("timestamp"), 1) |
months_between(lit("2015-01-31"), lit("2014-11-30")) |
months_between(lit("2015-01-15").cast("date"), lit("2014-11-01").cast("date")) |
months_between(lit("1997-02-28 10:30:00").cast("timestamp"), lit("1996-10-30").cast("date")) |
last_day(lit("2015-07-23").cast("date")) |
last_day(lit("2016-02-07")) |
next_day(lit("2015-07-23").cast("date"), "Mon") |
next_day(lit("2015-07-23").cast("date"), "THURSDAY") |
trunc(lit("2015-07-22").cast("date"), "MM") |
trunc(lit("2015-07-22").cast("date"), "yyyy") |
trunc(lit("2015-07-22").cast("date"), "Month") |
trunc(lit("2015-07-22"), "mon") |
trunc(lit("2015-07-22").cast("date"), "dd") |
date_trunc("MON", lit("2017-07-22 14:02:03").cast("timestamp")) |
date_trunc("YEAR", lit("2017-07-22 14:02:03").cast("timestamp")) |
date_trunc("quarter", lit("2017-07-22 14:02:03").cast("timestamp")) |
date_trunc("dd", lit("2017-07-22 14:02:03").cast("timestamp")) |
date_trunc("MILLISECOND", lit("2017-07-22 14:02:03.123456").cast("timestamp")) |
date_trunc("nope", lit("2017-07-22 14:02:03").cast("timestamp")) |
to_date(lit("2015-07-22")) |
to_date(lit("2015-07-22 10:00:00")) |
to_date(lit("07/22/2015"), "MM/dd/yyyy") |
to_date(lit("2015-22-07")) |
to_date(lit("2015-07-22"), "MM/dd/yyyy") |
to_date(lit("20150722"), "yyyyMMdd") |
to_date(lit("22 Jul 2015"), "d MMM yyyy") |
to_date(lit("2015-07-22 10:00:00"), "yyyy-MM-dd") |
to_timestamp(lit("2015-07-24 10:00:00.3")) |
to_timestamp(lit("2015/07/24 10:00:00.5"), "yyyy/MM/dd HH:mm:ss.S") |
to_timestamp(lit("2015/07/24 10:00"), "yyyy/MM/dd HH:mm") |
to_timestamp(lit("2015-07-24T10:00:00+02:00")) |
to_timestamp(lit("2015-07-24 10:00:00 PM"), "yyyy-MM-dd hh:mm:ss a") |
to_timestamp(lit("bad")) |
try_to_timestamp(lit("bad")) |
try_to_timestamp(lit("bad"), lit("yyyy")) |
try_to_date(lit("bad")) |
unix_timestamp(lit("2015-07-24 10:00:00")) |
unix_timestamp(lit("2015-07-24 10:00"), "yyyy-MM-dd HH:mm") |
unix_timestamp(lit("2015-07-24").cast("date")) |
unix_timestamp(lit("bad")) |
to_unix_timestamp(lit("2015-07-24 10:00:00").cast("timestamp")) |
from_unixtime(lit(1000)) |
from_unixtime(lit(-1000)) |
from_unixtime(lit(1000), "yyyy/MM/dd HH:mm") |
datediff(lit("2015-07-24").cast("date"), lit("2015-07-22").cast("date")) |
datediff(lit("2015-07-24 01:00:00"), lit("2015-07-23 23:00:00")) |
date_diff(lit("2015-06-01"), lit("2015-07-01")) |
timestamp_seconds(lit(-1)) |
timestamp_seconds(lit(1.123456789)) |
timestamp_millis(lit(-1)) |
timestamp_micros(lit(1)) |
unix_micros(lit("2015-07-24 10:00:00.000001").cast("timestamp")) |
unix_millis(lit("1969-12-31 23:59:59.999").cast("timestamp")) |
date_from_unix_date(lit(18262)) |
make_timestamp(lit(2014), lit(12), lit(28), lit(6), lit(30), lit(45.887)) |
date_part(lit("YEAR"), col("day")) | day
extract(lit("month"), col("day")) | day
make_date(lit(2014), lit(13), lit(1)) |
dayname(lit("2024-11-01").cast("date")) |
monthname(lit("2024-11-01").cast("date")) |
lit("2024-01-01").cast("date") + 3 |
array_contains(array(lit(1), lit(None)), 2) |
array_contains(array(lit(1), lit(None)), 1) |
array_contains(col("w"), "y") | w
array_position(array(lit(1), lit(2)), 3) |
arrays_zip(col("a"), col("w")) | a w
arrays_overlap(array(lit("a"), lit("b")), array(lit("c"))) |
array_join(array(lit("a"), lit(None), lit("b")), ",", "#") |
array_join(array(lit("a"), lit(None), lit("b")), ",") |
array_max(array(lit("a"), lit("b"))) |
array_min(array(lit(3), lit(None), lit(1))) |
array_sort(array(lit("b"), lit(None), lit("a"))) |
sort_array(array(lit("b"), lit(None), lit("a"))) |
sort_array(array(lit("b"), lit(None), lit("a")), False) |
array_repeat(lit("hi"), 2) |
array_repeat(lit("hi"), 0) |
array_repeat(lit(None), 2) |
array_insert(array(lit("a"), lit("c")), lit(2), lit("b")) |
array_insert(array(lit("a"), lit("c")), lit(-1), lit("b")) |
array_insert(array(lit("a"), lit("c")), lit(5), lit("b")) |
array_remove(array(lit(1), lit(2), lit(None), lit(2)), 2) |
array_distinct(array(lit(2), lit(1), lit(4), lit(None), lit(4), lit(None))) |
array_union(array(lit(1), lit(2), lit(3)), array(lit(4), lit(2))) |
array_intersect(array(lit(1), lit(8), lit(3)), array(lit(4), lit(3), lit(1))) |
array_except(array(lit(1), lit(8), lit(3), lit(3)), array(lit(4), lit(1))) |
concat(array(lit(0), lit(1)), array(lit(2), lit(3))) |
flatten(array(array(lit(1), lit(2)), array(lit(3)), array())) |
flatten(array(array(lit(1)), lit(None))) |
sequence(lit(-2), lit(2)) |
sequence(lit(2), lit(-2), lit(-2)) |
sequence(lit(1), lit(1)) |
sequence(lit(1), lit(5), lit(-1)) |
slice(col("a"), 1, 2) | a
slice(array(lit(1), lit(2), lit(3)), -2, 5) |
reverse(array(lit(1), lit(3), lit(2))) |
reverse(col("w")) | w
size(lit(None).cast("array<int>")) |
cardinality(col("a")) | a
get(col("a"), -1) | a
element_at(col("w"), 2) | w
map_from_arrays(array(lit(1), lit(2)), array(lit("a"), lit("b"))) |
map_from_arrays(array(lit(1), lit(1)), array(lit("a"), lit("b"))) |
map_entries(create_map(lit(1), lit(100), lit(2), lit(200))) |
map_from_entries(array(struct(lit(1), lit("a")), struct(lit(2), lit("b")))) |
map_concat(create_map(lit("a"), lit(1)), create_map(lit("b"), lit(2))) |
map_concat(create_map(lit("a"), lit(1)), create_map(lit("a"), lit(2))) |
map_contains_key(create_map(lit(1), lit("a")), 2) |
map_keys(create_map(lit("a"), lit(1))) |
str_to_map(lit("a:1,b:2,c:3")) |
create_map(lit("a"), lit(1), lit("a"), lit(2)) |
create_map(lit(None), lit(1)) |
named_struct(lit("x"), lit(1), lit("y"), col("s")) | s
struct(col("i").alias("q"), lit(2)) | i
transform(col("a"), lambda x: x + 1) | a
filter(col("a"), lambda x: x > 1) | a
exists(col("a"), lambda x: x > 2) | a
forall(col("a"), lambda x: x > 0) | a
aggregate(col("a"), lit(0), lambda acc, x: acc + x) | a
aggregate(col("a"), lit(0), lambda acc, x: acc + x, lambda acc: acc * 10) | a
reduce(col("a"), lit(0), lambda acc, x: acc + x) | a
zip_with(col("a"), col("a"), lambda x, y: x + y) | a
transform_keys(create_map(lit("a"), lit(1)), lambda k, v: concat(k, lit("!"))) |
transform_values(create_map(lit("a"), lit(1)), lambda k, v: v + 1) |
map_filter(create_map(lit("a"), lit(1), lit("b"), lit(2)), lambda k, v: v > 1) |
transform(col("a"), lambda x, i: x + i) | a
col("a")[0] | a
col("s").cast("binary") | s
nvl2(lit(None), lit(1), lit(2)) |
ifnull(lit(None), lit(8)) |
nullif(lit(2), lit(2)) |
coalesce(lit(None), lit(None), lit(1)) |
coalesce(lit(None).cast("string"), lit("x")) |
isnotnull(lit(None)) |
when(lit(None).cast("boolean"), 1).otherwise(2) |
lit(1) == lit(None) |
lit("1") == lit(1) |
lit("abc") == lit(1) |
lit(1.0) == lit(1) |
lit("2024-01-01") == lit("2024-01-01").cast("date") |
lit(True) & lit(None) |
lit(False) & lit(None) |
lit(True) | lit(None) |
lit(0.1) + lit(0.2) |
lit(1).cast("decimal(38,18)") * lit(1).cast("decimal(38,18)") |
lit("1.23").cast("decimal(5,2)") + lit("9.99").cast("decimal(3,2)") |
lit("123456789012345678901234567890").cast("decimal(38,0)") + 1 |
lit("10").cast("decimal(10,0)") / lit("3").cast("decimal(10,0)") |
lit(1e10).cast("int") |
lit("abc").cast("int") |
lit(300).cast("tinyint") |
lit(1.9).cast("bigint") |
lit(-1.9).cast("int") |
lit(None).cast("int") |
lit("2024-01-01 00:00:00").cast("date") |
lit(1.0).cast("string") |
lit(100000000.0).cast("string") |
lit(1.0e-5).cast("string") |
lit(123.456).cast("decimal(5,1)") |
lit(123.456).cast("decimal(4,2)") |
lit("true").cast("boolean") |
lit("x").cast("boolean") |
lit(0).cast("boolean") |
lit("  12 ").cast("int") |
lit(1).cast("timestamp") |
col("s").like("%") | s
lit("a\\\\b").like("a\\\\\\\\b") |
lit("ab").like("a_") |
lit("a\\nb").like("a_b") |
lit("Abc").ilike("a%") |
lit("abc").rlike("b") |
lit("abc").substr(2, 1) |
lit("abc").substr(lit(2), lit(1)) |
lit("abc").startswith("ab") |
lit(5).between(1, 5) |
lit("b").isin("a", "b") |
lit(None).isin(1) |
lit("a").isin([]) |
lit(1).eqNullSafe(lit(1.0)) |
col("i").between(None, 3) | i
soundex(lit("Robert")) |
soundex(lit("Tymczak")) |
soundex(lit("Pfister")) |
soundex(lit("Ashcraft")) |
soundex(lit("O'Hara")) |
soundex(lit("")) |
soundex(lit("1abc")) |
soundex(col("s")) | s
from_json(lit("{'a': 1, 'b': [1, 2.5]}"), "a int, b array<int>") |
from_json(lit("nope"), "a int") |
from_json(lit(""), "a int") |
from_json(lit("[1, 2]"), "array<int>") |
from_json(lit("{\\"k\\": 1.5}"), "map<string,double>") |
from_json(lit("nope"), "array<int>") |
from_json(lit("{\\"a\\": \\"x\\", \\"b\\": 3}"), "a int, b string") |
from_json(col("s"), "a int") | s
to_json(struct(col("i"), col("s"), col("d"))) | i s d
to_json(struct(col("day"), col("at"), col("b"), col("a"))) | day at b a
to_json(create_map(lit("k"), col("l"))) | l
to_json(array(col("e"))) | e
json_array_length(lit("[1, 2, [3]]")) |
json_array_length(lit("{}")) |
json_object_keys(lit("{\\"a\\": 1, \\"b\\": {\\"c\\": 2}}")) |
json_object_keys(lit("[1]")) |
get_json_object(lit("{\\"a\\": {\\"b\\": 1}}"), "$.a.b") |
typeof(col("i")) | i
typeof(col("a")) | a
typeof(struct(col("l"), col("s"))) | l s
from_utc_timestamp(col("at"), "America/New_York") | at
to_utc_timestamp(col("at"), "America/New_York") | at
from_utc_timestamp(col("at"), "+05:30") | at
to_utc_timestamp(col("at"), "GMT+2") | at
to_utc_timestamp(lit("2024-03-10 02:30:00").cast("timestamp"), "America/New_York") |
to_utc_timestamp(lit("2024-11-03 01:30:00").cast("timestamp"), "America/New_York") |
from_utc_timestamp(lit("2024-03-31 00:59:59").cast("timestamp"), "Europe/Berlin") |
from_utc_timestamp(lit("1900-01-01 00:00:00").cast("timestamp"), "Europe/Berlin") |
call_function("levenshtein", lit("a"), lit("b")) |
raise_error(lit("x")) |
assert_true(lit(True)) |
assert_true(lit(False)) |
printf(lit("%d %s"), lit(1), lit("x")) |
sha(lit("x")) |
lit("a\\nb\\n").rlike("b$") |
lit("aa").rlike("(a)\\\\1") |
lit("ab").rlike("a(?=b)") |
lit("ab").rlike("(?<!a)b") |
lit("abc").rlike("[a-c&&[^b]]+$") |
lit("a").rlike("\\\\p{Alpha}") |
lit("x\\ry").rlike("x.y") |
regexp_replace(lit("aaa"), "a*", "b") |
regexp_replace(lit("abc"), "(?<x>b)", "[${x}]") |
regexp_replace(lit("abc"), "b", "$2") |
regexp_replace(lit("abc"), "b", "\\\\\\\\") |
regexp_replace(lit("a1b22"), "(\\\\d)(?=\\\\d)", "<$1>") |
regexp_extract(lit("foo"), "(o)(?=o)", 1) |
regexp_count(lit("aXbxc"), lit("(?i)x$|x")) |
split(lit("abc"), "(?=b)") |
split(lit("a1b2c3"), "\\\\d", 2) |
split(lit("abc"), "", 2) |
substring(lit("hello").cast("binary"), 2, 2) |
lit(5.5).cast("decimal(10,2)") % lit(2).cast("decimal(10,3)") |
sequence(lit("2024-01-31").cast("date"), lit("2024-02-02").cast("date")) |
format_string("%.2f|%8.3f|%f", lit(1.005), lit(2.0005), lit(0.1)) |
months_between(lit("1997-02-28 10:30:00"), lit("1996-10-30"), False) |
date_trunc("microsecond", lit("1969-12-31 23:59:59.123456").cast("timestamp")) |
date_format(lit("2024-02-09 13:04:05.006007").cast("timestamp"), "G kk KK LLL QQQQ [yyyy]") |
to_timestamp(lit("2024-02-09T13:04:05Z"), "yyyy-MM-dd'T'HH:mm:ssX") |
to_timestamp(lit("9/2/2024"), "dd/MM/yyyy") |
to_timestamp(lit(" 2024-02-09"), "yyyy-MM-dd") |
to_timestamp(lit("13:04"), "HH:mm") |
to_timestamp(lit("29/02/72"), "dd/MM/yy") |
lit("9223372036854775807").cast("double").cast("bigint") |
lit("1.5").cast("decimal(10,2)").cast("timestamp") |
lit("1969-12-31 23:59:59.999999").cast("timestamp") |
lit("9999-12-31 23:59:59.999999").cast("timestamp").cast("bigint") |
lit("1e300").cast("double").cast("float") |
lit("2024-02-29 24:00:00").try_cast("timestamp") |
array_sort(col("a"), lambda x, y: coalesce(y, lit(0)) - coalesce(x, lit(0))) | a
array_sort(col("a"), lambda x, y: lit(None)) | a
sort_array(array(array(col("i"), lit(1)), array(lit(None).cast("int")), lit(None))) | i
sort_array(array(array(col("i"), lit(1)), array(lit(None).cast("int")), lit(None)), False) | i
array_sort(array(struct(col("i"), col("s")), struct(lit(None).cast("int"), lit("z")))) | i s
array_max(array(struct(col("i")), struct(lit(3)))) | i
array_min(array(array(col("i")), array(lit(3)), lit(None))) | i
greatest(col("a"), array(lit(1), lit(None))) | a
least(col("a"), array(lit(1), lit(None))) | a
col("a") < array(lit(1), lit(None)) | a
struct(col("i"), col("s")) < struct(lit(5), lit("b")) | i s
struct(col("i"), col("s")) == struct(lit(5), lit("a.b%c_d")) | i s
struct(col("i"), lit(2), upper(col("s")), col("s").alias("z")) | i s
aggregate(col("w"), lit(0), lambda s, x: s + length(coalesce(x, lit("")))) | w
aggregate(col("a"), lit(""), lambda s, x: concat(s, coalesce(x, lit(-1)).cast("string"), lit(";")), lambda s: length(s)) | a
map_zip_with(create_map(lit("a"), col("i")), create_map(lit("b"), col("l"), lit("a"), col("l")), lambda k, x, y: concat_ws("-", k, x.cast("string"), y.cast("string"))) | i l
timestamp_add("MICROSECOND", lit(5), col("at")) | at
timestamp_diff("MICROSECOND", col("at"), lit("2024-03-31 23:59:59.5").cast("timestamp")) | at
timestamp_add("MILLISECOND", lit(5), col("at")) | at
timestamp_diff("MILLISECOND", col("at"), lit("2024-03-31 23:59:59.5").cast("timestamp")) | at
timestamp_add("SECOND", lit(5), col("at")) | at
timestamp_diff("SECOND", col("at"), lit("2024-03-31 23:59:59.5").cast("timestamp")) | at
timestamp_add("MINUTE", lit(5), col("at")) | at
timestamp_diff("MINUTE", col("at"), lit("2024-03-31 23:59:59.5").cast("timestamp")) | at
timestamp_add("HOUR", lit(5), col("at")) | at
timestamp_diff("HOUR", col("at"), lit("2024-03-31 23:59:59.5").cast("timestamp")) | at
timestamp_add("DAY", lit(5), col("at")) | at
timestamp_diff("DAY", col("at"), lit("2024-03-31 23:59:59.5").cast("timestamp")) | at
timestamp_add("DAYOFYEAR", lit(5), col("at")) | at
timestamp_add("WEEK", lit(5), col("at")) | at
timestamp_diff("WEEK", col("at"), lit("2024-03-31 23:59:59.5").cast("timestamp")) | at
timestamp_add("MONTH", lit(5), col("at")) | at
timestamp_diff("MONTH", col("at"), lit("2024-03-31 23:59:59.5").cast("timestamp")) | at
timestamp_add("QUARTER", lit(5), col("at")) | at
timestamp_diff("QUARTER", col("at"), lit("2024-03-31 23:59:59.5").cast("timestamp")) | at
timestamp_add("YEAR", lit(5), col("at")) | at
timestamp_diff("YEAR", col("at"), lit("2024-03-31 23:59:59.5").cast("timestamp")) | at
timestamp_diff("MONTH", lit("2020-01-31 12:00:00").cast("timestamp"), lit("2020-02-29 13:00:00").cast("timestamp")) |
timestamp_diff("MONTH", lit("2020-01-31 12:00:00").cast("timestamp"), lit("2020-03-01 11:00:00").cast("timestamp")) |
timestamp_diff("MONTH", lit("2020-03-31 12:00:00").cast("timestamp"), lit("2020-02-29 13:00:00").cast("timestamp")) |
timestamp_diff("MONTH", lit("2020-03-31 12:00:00").cast("timestamp"), lit("2020-02-29 11:00:00").cast("timestamp")) |
timestamp_diff("MONTH", lit("2020-05-15 00:00:00").cast("timestamp"), lit("2019-05-16 00:00:00").cast("timestamp")) |
timestamp_add("MONTH", lit(1), lit("2024-01-31 10:00:00").cast("timestamp")) |
timestamp_add("day", col("i") % 100, col("day")) | i day
timestamp_diff("WEEK", col("day"), lit("1999-01-01").cast("date")) | day
mask(col("s")) | s
mask(col("s"), lit("A"), lit("b"), lit("1"), lit("*")) | s
mask(lit("AbCD123-@$#"), lit(None), lit("q")) |
mask(lit("AbCD123-@$#"), lit("Q"), lit(None), lit(None), lit("x")) |
current_timezone() |
regexp(col("s"), lit("^[a-z.]+")) | s
col("s").transform(lambda x: upper(x)) | s
col("day") - make_date(lit(2024), lit(1), lit(31)) | day
make_date(lit(2024), lit(1), lit(31)) - col("day") | day
col("at") - col("day") | day at
col("day") - col("at") | day at
col("at") - make_timestamp(lit(2024), lit(2), lit(28), lit(23), lit(0), lit(0)) | at
col("day") - lit("2024-01-01") | day
lit("2024-05-01") - col("day") | day
col("at") - lit("2024-01-01") | at
(col("day") - lit("2024-01-01")).cast("int") | day
(col("day") - lit("2024-01-01")).cast("bigint") | day
(col("day") - lit("2024-01-01")).cast("string") | day
(col("day") - lit("2024-01-01")).cast("double") | day
(col("day") - lit("2024-01-01")).cast("boolean") | day
(col("day") - lit("2024-01-01")).cast("decimal(10,2)").cast("string") | day
(col("at") - col("day")).cast("int") | at day
(col("at") - col("day")).cast("string") | at day
(col("at") - col("day")).cast("decimal(20,6)").cast("string") | at day
(col("at") - col("day")).cast("interval day") | at day
(col("at") - col("day")).cast("interval hour") | at day
(col("at") - col("day")).cast("interval day to minute") | at day
(col("at") - col("day")).cast("interval minute").cast("bigint") | at day
(col("at") - col("day")).cast("interval second") | at day
col("i").cast("interval day") | i
extract(lit("DAY"), col("at") - col("day")) | at day
extract(lit("HOUR"), col("at") - col("day")) | at day
extract(lit("minute"), col("at") - col("day")) | at day
extract(lit("SECOND"), col("at") - col("day")).cast("string") | at day
extract(lit("HOUR"), col("day") - lit("2024-01-01")) | day
extract(lit("MONTH"), col("at") - col("day")) | at day
hour(col("at") - col("day")) | at day
(col("day") - lit("2024-01-01")) > make_dt_interval(lit(3)) | day
(col("day") - lit("2024-01-01")) > 5 | day
(col("day") - lit("2024-01-01")) == (col("at") - lit("2024-01-01")) | day at
(col("day") - lit("2024-01-01")) * 2 | day
(col("at") - col("day")) * 1.5 | at day
2 * (col("at") - col("day")) | at day
(col("at") - col("day")) / 7 | at day
(col("at") - col("day")) / col("i") | at day i
(col("at") - col("day")) / (col("at") - col("day")) | at day
(col("at") - col("day")) + 1 | at day
(col("day") - lit("2024-01-01")) + (col("at") - col("day")) | at day
(col("day") - lit("2024-01-01")) - (col("at") - col("day")) | at day
-(col("at") - col("day")) | at day
abs(col("day") - lit("2024-01-01")) | day
sign(col("day") - lit("2024-01-01")) | day
make_date(lit(2024), lit(1), lit(1)) + (col("day") - lit("2024-01-01")) | day
make_date(lit(2024), lit(1), lit(1)) - (lit("2024-01-01") - col("day")) | day
make_timestamp(lit(2024), lit(1), lit(1), lit(1), lit(2), lit(3)) + (col("day") - lit("2024-01-01")) | day
col("day") + (col("at") - col("day")) | day at
col("at") - (col("at") - col("day")) | day at
(col("day") - lit("2024-01-01")) + make_timestamp(lit(2024), lit(1), lit(1), lit(1), lit(2), lit(3)) | day
coalesce(col("day") - lit("2024-01-01"), make_dt_interval(lit(0), lit(5))) | day
when(col("b"), col("day") - lit("2024-01-01")).otherwise(col("at") - col("day")) | day at b
greatest(col("day") - lit("2024-01-01"), make_dt_interval(lit(0))) | day
try_subtract(col("day"), lit("2024-01-01").cast("date")) | day
concat(col("day") - lit("2024-01-01"), lit("!")) | day
typeof(col("at") - col("day")) |
typeof(col("day") - col("day")) |
hash(col("at") - col("day")) | at day
to_json(struct((col("day") - lit("2024-01-01")).alias("x"))) | day
make_dt_interval(lit(1), lit(2), lit(3), lit(4.5)) |
make_dt_interval(lit(-1), lit(30)) |
make_dt_interval() |
make_dt_interval(col("i")) | i
make_ym_interval(lit(1), lit(2)) |
make_ym_interval(lit(0), col("l")) | l
make_ym_interval(lit(1), lit(14)).cast("int") |
extract(lit("MONTH"), make_ym_interval(lit(1), lit(14))) |
col("day") + make_ym_interval(lit(0), lit(1)) | day
col("at") - make_ym_interval(lit(1), lit(1)) | at
col("day") - make_dt_interval(lit(1)) | day
col("day") + make_interval(lit(0), lit(1), lit(0), lit(2)) | day
col("at") + make_interval(lit(1), lit(1), lit(1), lit(1), lit(1), lit(1), lit(1.5)) | at
col("day") + make_interval(lit(0), lit(0), lit(0), lit(0), lit(1)) | day
make_interval(lit(1), lit(14), lit(1), lit(2), lit(25), lit(-1), lit(1.5)).cast("string") |
struct(lit(1).alias("p"), col("s").alias("q")).withField("r", col("i")) | s i
struct(lit(1).alias("p"), col("s").alias("q")).withField("p", lit("x")) | s
struct(struct(lit(1).alias("p")).alias("u")).withField("u.p", col("i")).withField("u.v", col("s")).getField("u") | i s
when(col("b"), struct(col("i").alias("p"))).withField("q", lit(2)) | b i
struct(lit(1).alias("p")).withField("u.v", lit(1)) |
col("i").withField("p", lit(1)) | i
struct(lit(1).alias("p"), col("s").alias("q")).dropFields("p") | s
struct(lit(1).alias("p"), col("s").alias("q"), lit(2).alias("r")).dropFields("p", "r", "z") | s
struct(struct(lit(1).alias("p"), lit(2).alias("q")).alias("u")).dropFields("u.p").getField("u") |
struct(lit(1).alias("p")).dropFields("p") |
to_binary(lit("616")) |
to_binary(col("s"), lit("utf-8")) | s
to_binary(lit("YWI="), lit("base64")) |
to_binary(lit("xx"), lit("hex")) |
try_to_binary(lit("xx"), lit("hex")) |
try_to_binary(lit("YW="), lit("base64")) |
to_binary(lit("a"), lit("nope")) |
quote(lit("Don't")) |
quote(col("s")) | s
jaro_winkler_similarity(lit("martha"), lit("marhta")) |
jaro_winkler_similarity(lit("dixon"), lit("dicksonx")) |
jaro_winkler_similarity(lit(""), lit("")) |
jaro_winkler_similarity(lit("abc"), lit("")) |
try_url_decode(lit("%zz")) |
try_url_decode(lit("a+b%20%C3%A9")) |
length(uuid()) |
convert_timezone(lit("Europe/Berlin"), lit("America/New_York"), col("at")) | at
convert_timezone(None, lit("Asia/Tokyo"), col("at")) | at
to_timestamp_ntz(lit("2024-01-01 10:00:00")) |
to_timestamp_ltz(lit("2024-01-01")) |
to_timestamp_ntz(lit("x")) |
localtimestamp() > lit("2020-01-01").cast("timestamp") |
vector_inner_product(array(lit(1.0), lit(2.0), lit(3.0)).cast("array<float>"), array(lit(4.0), lit(5.0), lit(6.0)).cast("array<float>")) |
vector_l2_distance(array(lit(1.0), lit(2.0)).cast("array<float>"), array(lit(4.0), lit(6.0)).cast("array<float>")) |
vector_cosine_similarity(array(lit(3.0), lit(4.0)).cast("array<float>"), array(lit(4.0), lit(3.0)).cast("array<float>")) |
vector_cosine_similarity(array(lit(0.0), lit(0.0)).cast("array<float>"), array(lit(1.0), lit(1.0)).cast("array<float>")) |
vector_inner_product(array(lit(1.0)).cast("array<float>"), array(lit(1.0), lit(2.0)).cast("array<float>")) |
vector_inner_product(array(lit(1.0)), array(lit(2.0))) |
vector_l2_distance(lit(None).cast("array<float>"), array(lit(2.0)).cast("array<float>")) |
vector_inner_product(array(lit(None).cast("float")), array(lit(2.0)).cast("array<float>")) |
vector_norm(array(lit(3.0), lit(-4.0)).cast("array<float>")) |
vector_norm(array(lit(3.0), lit(-4.0)).cast("array<float>"), lit(1.0).cast("float")) |
vector_norm(array(lit(3.0), lit(-4.0)).cast("array<float>"), lit(float("inf")).cast("float")) |
vector_norm(array(lit(3.0), lit(-4.0)).cast("array<float>"), lit(3.0).cast("float")) |
vector_norm(array().cast("array<float>")) |
vector_norm(array(lit(None).cast("float"))) |
vector_norm(array(lit(3.0))) |
vector_normalize(array(lit(3.0), lit(-4.0)).cast("array<float>")) |
vector_normalize(array(lit(3.0), lit(-4.0)).cast("array<float>"), lit(1.0).cast("float")) |
vector_normalize(array(lit(0.0)).cast("array<float>")) |
vector_normalize(array().cast("array<float>")) |
make_timestamp_ntz(lit(2024), lit(2), lit(3), lit(3), lit(4), lit(5.5)) |
make_timestamp_ltz(lit(2024), lit(2), lit(3), lit(3), lit(4), lit(60)) |
make_timestamp_ltz(lit(2024), lit(2), lit(30), lit(3), lit(4), lit(6)) |
try_make_timestamp(lit(2024), lit(2), lit(30), lit(3), lit(4), lit(6)) |
try_make_timestamp(lit(2024), lit(2), lit(3), lit(3), lit(4), lit(6)) |
try_make_timestamp_ntz(lit(2024), lit(13), lit(3), lit(3), lit(4), lit(6)) |
try_make_timestamp_ltz(lit(2024), lit(1), lit(3), lit(3), lit(4), lit(61)) |
array_contains(array(lit(1)), lit(1.5)) |
array_position(array(lit(1), lit(2)), lit(2.0)) |
bround(lit(1.005), 2) |
bround(lit("99999999999999999.5").cast("decimal(20,1)"), 0) |
bround(lit("-99999999999999998.5").cast("decimal(20,1)"), 0) |
concat(lit("a").cast("binary"), lit("b").cast("binary")) |
concat(lit("a").cast("binary"), lit("b")) |
format_number(lit(1.5), -1) |
format_string("%2$s %1$s", lit("a"), lit("b")) |
map_from_entries(array(struct(lit(1).alias("k"), lit("a").alias("v")), lit(None))) |
from_json(lit("{\"a\":3}"), "array<struct<a:int>>") |
get_json_object(lit("{\"k.e\":5,\"x\":{\"a b\":6}}"), "$['k.e']") |
get_json_object(lit("{\"k.e\":5,\"x\":{\"a b\":6}}"), "$['x']['a b']") |
get_json_object(lit("{\"k.e\":5,\"x\":{\"a b\":6}}"), "$.*") |
lit("2015-07-22 10").cast("timestamp") |
lit("2015-07-22 1-0830").cast("timestamp") |
lit("2015-07-22T10:05+0130").cast("timestamp") |
lit("2015-07-22T").cast("timestamp") |
lit("+2015-07-22").cast("date") |
lit("+2015-07-22 01:02:03").cast("timestamp") |
year(lit("-2015-07-22").cast("date")) |
lit("- 2015-07-22").cast("date") |
hash("*") | id i l d e s t b c day at a w
hex(encode(lit("aé"), "ISO-8859-1")) |
hex(encode(lit("aé"), "us-ascii")) |
hex(encode(lit("a😀"), "UTF-16")) |
hex(encode(lit("a😀"), "utf-16le")) |
hex(encode(lit("a😀"), "UTF-16BE")) |
hex(encode(lit("a😀"), "UTF-32")) |
hex(encode(lit(""), "UTF-16")) |
hex(encode(col("t"), "UTF-16")) | t
decode(encode(col("s"), "UTF-32"), "UTF-32") | s
decode(unhex(lit("FFFE6100")), "UTF-16") |
decode(unhex(lit("006100")), "UTF-16") |
decode(unhex(lit("D83D")), "UTF-16BE") |
decode(unhex(lit("E9")), "US-ASCII") |
decode(unhex(lit("E9")), "ISO-8859-1") |
decode(lit("ab"), "UTF-16BE") |
url_decode(lit("%zz")) |
url_decode(lit("a+b%26%C3%A9")) |
shiftright(lit(9223372036854775807), 1) |
shiftright(lit(-9223372036854775807), 32) |
bit_get(lit(9223372036854775807), lit(62)) |
bit_get(col("l"), lit(0)) | l
bit_get(lit(1), lit(32)) |
ceil(col("l"), lit(2)) | l
floor(lit(9223372036854775807), lit(-3)) |
ceil(lit(-9223372036854775807), lit(-3)) |
floor(lit("14285714285714285714.285714").cast("decimal(38,18)"), lit(-3)) |
floor(lit("1234567890123456789012345678.0123456789").cast("decimal(38,10)"), lit(2)) |
ceil(lit("-0.05").cast("decimal(3,2)"), lit(1)) |
ceil(lit("1.5").cast("decimal(10,2)"), lit(20)) |
bround(lit("12345678901234567890.12").cast("decimal(38,18)"), -1) |
bround(lit("25.01").cast("decimal(10,2)"), -1) |
bround(lit("-25").cast("decimal(10,2)"), -1) |
round(lit(None), 1) |
lit("12345678901234567890.123").cast("decimal(38,18)") / 7 |
lit("10000000.01").cast("decimal(10,2)") / col("i") | i
lit("-1").cast("decimal(38,0)") / lit("3").cast("decimal(38,10)") |
lit(9223372036854775807) / lit("7.01").cast("decimal(5,2)") |
lit("99999999999999999999").cast("decimal(38,18)") / lit("0.000000000000000001").cast("decimal(38,18)") |
try_divide(lit("99999999999999999999").cast("decimal(38,18)"), lit("0.000000000000000001").cast("decimal(38,18)")) |
try_divide(lit("1").cast("decimal(10,2)"), lit(0)) |
try_multiply(lit("12345678901234567890.5").cast("decimal(38,18)"), lit("12345678901234567890.5").cast("decimal(38,18)")) |
try_add(lit("99999999999999999999999999999999999999").cast("decimal(38,0)"), lit(1)) |
lit("1.5").cast("decimal(10,2)") + lit(None) |
lit(None) / lit("1.5").cast("decimal(10,2)") |
-lit(None) |
array_remove(col("a"), lit(1.5)) | a
array_append(col("a"), lit(2.5)) | a
array_prepend(col("a"), lit(2.5)) | a
array_insert(col("a"), lit(1), lit(2.5)) | a
array_repeat(col("s"), col("i") % 3) | s i
call_function("array_join", col("w"), col("t")) | w t
size(lit(None)) |
length(col("a")) | a
upper(col("a")) | a
concat_ws(",", create_map(lit("a"), lit(1))) |
substring(col("s"), col("i"), lit(2)) | s i
substr(col("s"), lit(2), col("i")) | s i
left(col("s"), col("i")) | s i
right(col("s"), col("i")) | s i
repeat(lit("x"), col("i") % 7) | i
call_function("space", col("i") % 7) | i
lpad(col("s"), 3, col("t")) | s t
trim(lit("abc"), col("t")) | t
position(lit("a"), col("s"), col("i")) | s i
call_function("substring_index", col("s"), col("t"), lit(1)) | s t
overlay(col("s"), col("t"), lit(2), col("i") % 3) | s t i
left(lit("abc").cast("binary"), lit(2)) |
lpad(lit("abc").cast("binary"), 5, lit("xyz").cast("binary")) |
call_function("rpad", lit("abc").cast("binary"), lit(5)) |
call_function("lpad", lit("abc").cast("binary"), lit(2)) |
overlay(lit("abc").cast("binary"), lit("xyz").cast("binary"), lit(2)) |
chr(col("l")) | l
hex(col("b")) | b
hex(col("day")) | day
format_number(col("l"), 2) | l
format_number(lit("12345678901234567890.125").cast("decimal(38,18)"), 2) |
format_number(lit("-0.004").cast("decimal(5,3)"), 2) |
lit(None).getItem(0) |
try_make_timestamp(col("i"), lit(13), lit(1), lit(0), lit(0), lit(1.5)) | i
try_make_timestamp(col("i") % 100 + 1000, lit(2), lit(29), lit(0), lit(0), lit("1.5").cast("decimal(10,2)")) | i
pow(lit(1.0), col("d")) | d
pow(lit(-1.0), col("d")) | d
hypot(col("i"), col("d")) | i d
format_string("%.2f|%5.1f|%s", col("d"), lit(None), lit(None)) | d
"""

# Frame expressions: `df` is the frame named first.
FRAME_EXPRESSIONS = """
numbers | df.agg(F.avg("i"), F.avg("d"), F.avg("e"))
numbers | df.agg(F.sum("i"), F.sum("d"), F.sum("e"))
numbers | df.agg(F.count("*"), F.count("i"), F.count("d"), F.count(F.lit(1)))
numbers | df.agg(F.countDistinct("i"), F.countDistinct("d"), F.countDistinct("i", "d"), F.countDistinct("k"))
numbers | df.agg(F.min("i"), F.max("i"), F.min("d"), F.max("d"), F.min("k"), F.max("k"))
numbers | df.agg(F.stddev("i"), F.stddev_pop("i"), F.variance("i"), F.var_pop("i"), F.stddev("e"), F.variance("e"), F.stddev("d"))
numbers | df.agg(F.skewness("e"), F.kurtosis("e"), F.skewness("i"), F.kurtosis("i"))
numbers | df.agg(F.first("i"), F.last("i"), F.first("i", True), F.last("i", True))
numbers | df.agg(F.collect_list("i"), F.collect_list("d"))
numbers | df.agg(F.sort_array(F.collect_set("d")), F.sort_array(F.collect_set("i")))
numbers | df.agg(F.corr("i", "e"), F.covar_samp("i", "e"), F.covar_pop("i", "e"))
numbers | df.agg(F.median("i"), F.median("d"), F.median("e"))
numbers | df.agg(F.percentile("e", 0.25), F.percentile("i", [0.1, 0.5, 0.9]))
numbers | df.agg(F.percentile_approx("i", 0.5), F.percentile_approx("e", [0.0, 0.25, 0.5, 0.75, 1.0]), F.percentile_approx("d", 0.5))
numbers | df.agg(F.mode("i"))
numbers | df.agg(F.product("e"), F.sum_distinct("i"), F.bool_and(F.col("i") > 0), F.bool_or(F.col("i") > 4), F.count_if(F.col("i") > 1))
numbers | df.agg(F.max_by("k", "i"), F.min_by("k", "e"))
numbers | df.where("id < 0").agg(F.sum("i"), F.avg("d"), F.count("*"), F.min("d"), F.stddev("e"), F.collect_list("i"), F.median("e"))
numbers | df.where("id = 0").agg(F.stddev("e"), F.variance("e"), F.stddev_pop("e"), F.corr("i", "e"), F.skewness("e"))
numbers | df.groupBy("k").agg(F.count("*"), F.sum("i"), F.max("d"), F.avg("e")).orderBy("k")
numbers | df.groupBy("d").count().orderBy("d")
numbers | df.groupBy("k").pivot("i", [1, 2]).agg(F.sum("e")).orderBy("k")
numbers | df.groupBy("k").pivot("i").sum("e").orderBy("k")
numbers | df.groupBy("k").pivot("d").agg(F.sum("e")).orderBy("k")
numbers | df.groupBy().pivot("k").sum("e")
numbers | df.groupBy("k").pivot("i").agg(F.first("e"), F.last("e", True), F.max_by("d", "e"), F.countDistinct("e")).orderBy("k")
numbers | df.groupBy("k").pivot("i", ["1", "x"]).sum("e")
numbers | df.groupBy("k").pivot("nope").sum("e")
clean | df.groupBy("k").pivot("i", [1, 2]).agg(F.sum("d"), F.avg("d").alias("m")).orderBy("k")
clean | df.groupBy("k").pivot("i", [1, 2]).agg(F.sum("d") + 1, (F.max("d") - F.min("d")).alias("z")).orderBy("k")
clean | df.groupBy("i").pivot("k").sum().orderBy("i")
clean | df.groupBy("k").pivot("i", [1, 2]).sum().orderBy("k")
clean | df.groupBy("k").pivot("i").count().orderBy("k")
clean | df.groupBy("i").sum().orderBy("i")
clean | df.groupBy("k", F.col("i") % 2).max().orderBy("k", "max(d)")
clean | df.groupBy().pivot("k").sum("d")
clean | df.where("i < 0").groupBy("k").pivot("i").sum("d")
clean | df.rollup("k").pivot("i").count()
main | df.groupBy().pivot("day").count()
main | df.groupBy().pivot("at").count()
main | df.groupBy("b").pivot("c").agg(F.collect_list("id"), F.first("s"), F.count("id")).orderBy("b")
numbers | df.rollup("k", "i").agg(F.sum("e"), F.grouping("k"), F.grouping_id(), F.max("k")).orderBy("k", "i", F.col("grouping_id()"))
numbers | df.cube("k", "i").agg(F.count("*").alias("n"), F.grouping_id("k", "i").alias("g"), F.grouping("i")).orderBy("g", "k", "i")
clean | df.cube("k", F.col("i") % 2).agg(F.sum("d").alias("s"), F.grouping_id().alias("g")).orderBy("g", "k", "s")
clean | df.rollup("k").count().orderBy("k")
clean | df.rollup("k").sum().orderBy("k")
clean | df.rollup().count()
clean | df.where("i < 0").cube("k").count()
clean | df.rollup("k", "i").agg(F.upper("k"), F.sum("i") + F.grouping("k")).orderBy("k", "i")
clean | df.groupBy("k").agg(F.grouping("k"))
clean | df.select(F.grouping("k"))
clean | df.rollup("k").agg(F.grouping("i"))
clean | df.rollup("k", "i").agg(F.grouping_id("i"))
numbers | df.groupBy().avg()
numbers | df.select(F.sum("i").over(Window.partitionBy("k").orderBy("id")).alias("run"), F.row_number().over(Window.partitionBy("k").orderBy("id")).alias("n"), "id").orderBy("id")
numbers | df.select("id", F.lag("i").over(Window.orderBy("id")).alias("lag"), F.lead("i", 2, -1).over(Window.orderBy("id")).alias("lead")).orderBy("id")
numbers | df.select("id", F.rank().over(Window.orderBy("d")).alias("rank"), F.dense_rank().over(Window.orderBy("d")).alias("dense")).orderBy("id")
numbers | df.select("id", "d").orderBy("d", "id")
numbers | df.select("id", "d").orderBy(F.col("d").desc(), "id")
numbers | df.select("id", "d").orderBy(F.col("d").asc_nulls_last(), "id")
numbers | df.select("id", "d").orderBy(F.col("d").desc_nulls_first(), "id")
numbers | df.select("id", "k").orderBy("k", F.col("id").desc())
main | df.select("id", "s").orderBy("s")
main | df.select("id", F.explode("a").alias("x")).orderBy("id", "x")
main | df.select("id", F.explode_outer("a").alias("x")).orderBy("id", "x")
main | df.select("id", F.posexplode("a")).orderBy("id", "pos")
numbers | df.select("k", "id").join(other, "k").orderBy("id", "v")
numbers | df.select("k", "id").join(other, "k", "left").orderBy("id", "v")
numbers | df.select("k", "id").join(other, "k", "right").orderBy("v", "id")
numbers | df.select("k", "id").join(other, "k", "outer").orderBy("id", "v")
numbers | df.select("k", "id").join(other, "k", "left_semi").orderBy("id")
numbers | df.select("k", "id").join(other, "k", "left_anti").orderBy("id")
numbers | df.select("k", "id").join(other, df.k.eqNullSafe(other.k)).select("id", "v").orderBy("id", "v")
numbers | df.select("d", "id").join(keys, "d").orderBy("id")
numbers | df.join(other, df.k == other.k).orderBy("id", "v").select("id", "v")
numbers | df.select("k", "id").join(other, df.k == other.k).select("k")
numbers | df.select("k").crossJoin(other.select("v")).agg(F.count("*"))
numbers | df.select("i").limit(2).union(df.select("d").limit(2))
numbers | df.select("i").limit(1).union(df.select("k").limit(1))
numbers | df.select("i", "k").limit(1).unionByName(df.select("k", "i").limit(1))
numbers | df.select("i").limit(1).unionByName(df.select("k").limit(1), allowMissingColumns=True)
numbers | df.select("i", "k").limit(1).union(df.select("i").limit(1))
numbers | df.select("i").limit(1).union(df.select(F.col("i").cast("bigint")).limit(1))
numbers | df.select("i").limit(1).union(df.select(F.lit(True)).limit(1))
numbers | df.select("d").distinct().orderBy("d")
numbers | df.select("k").distinct().orderBy("k")
numbers | df.dropDuplicates(["k"]).select("k").orderBy("k")
numbers | df.select("d").intersect(keys.select("d")).orderBy("d")
numbers | df.select("d").exceptAll(keys.select("d")).orderBy("d")
numbers | df.where("d > 1").select("id")
numbers | df.where(F.col("i") != 2).select("id")
numbers | df.where(~(F.col("i") == 2)).select("id")
numbers | df.filter("d = 0").select("id")
numbers | df.describe()
numbers | df.describe("i", "k")
numbers | df.summary()
clean | df.describe()
clean | df.summary("count", "25%", "50%", "75%", "max")
clean | df.groupBy("k").agg(F.avg("d"), F.stddev("d"), F.sum("i"), F.collect_list("i")).orderBy("k")
numbers | df.na.fill(0)
numbers | df.na.fill(0.5)
numbers | df.na.fill("none")
numbers | df.na.fill({"i": -1, "k": "?"})
numbers | df.na.fill(7, ["d", "k"])
numbers | df.na.fill(True)
numbers | df.na.drop().select("id")
numbers | df.na.drop("all", subset=["i", "d", "e"]).select("id")
numbers | df.na.drop(thresh=4).select("id")
numbers | df.na.drop(subset=["d"]).select("id")
numbers | df.na.replace(2, 20)
numbers | df.na.replace([1, 2], [10, 20], ["i"])
numbers | df.na.replace(0.0, 5.0, ["d"])
numbers | df.na.replace(float("nan"), -1.0)
numbers | df.na.replace("p", None)
numbers | df.na.replace({"p": "P", "q": "Q"})
numbers | df.withColumn("i", F.col("i") + 1).withColumnRenamed("e", "E").drop("k", "nope").limit(2)
numbers | df.withColumnRenamed("nope", "x").limit(1)
numbers | df.select("nope")
numbers | df.select(F.col("I"))
numbers | df.select("i", "i")
numbers | df.select("*", (F.col("i") * 2).alias("x")).limit(1)
numbers | df.select(F.col("i") + 1, F.upper("k"), F.col("i").cast("double"), F.when(F.col("i") > 1, 1).otherwise(0), F.lit(1), -F.col("i")).limit(1)
numbers | df.selectExpr("i + 1", "upper(k) as u", "case when i > 1 then 'a' end").limit(1)
numbers | df.offset(2).limit(2)
numbers | df.filter("i")
numbers | df.filter("i = 'x'")
numbers | df.agg(F.sum(F.col("i") + 2147483640))
numbers | df.agg(F.sum(F.lit(9223372036854775807)))
numbers | df.agg(F.sum("k"))
clean | df.agg(F.avg("k"))
pairs | df.groupBy("a").agg(F.sum("b")).orderBy("a")
pairs | df.groupBy("a").agg(F.sum("b").alias("totB")).agg(F.sum("totB"))
pairs | df.agg(F.sum("b"))
pairs | df.groupBy("a").agg({"b": "sum", "*": "count"}).orderBy("a")
pairs | df.agg({"b": "max"})
pairs | df.groupBy("a").count().orderBy("a")
pairs | df.groupBy("a").mean("b").orderBy("a")
pairs | df.groupBy("a").min().orderBy("a")
pairs | df.groupBy("a").max("b").orderBy("a")
pairs | df.groupBy("a").avg().orderBy("a")
pairs | df.groupBy("a").agg("sum")
pairs | df.groupBy("b").agg(F.countDistinct("a")).orderBy("b")
pairs | df.agg(F.avg("a"), F.sum_distinct("a"), F.mean("a"))
pairs | df.agg(F.countDistinct("a", "b"))
pairs | df.agg(F.approx_count_distinct("a"))
pairs | df.agg(F.var_samp("a"), F.var_pop("a"), F.variance("a"), F.stddev("a"), F.stddev_pop("a"), F.stddev_samp("a"), F.std("a"))
pairs | df.where("a < 0").agg(F.var_samp("a"), F.var_pop("a"), F.stddev("a"), F.skewness("a"), F.kurtosis("a"))
pairs | df.agg(F.collect_list("a"), F.collect_list("b"))
pairs | df.agg(F.sort_array(F.collect_set("a")), F.sort_array(F.collect_set("b")))
pairs | df.groupBy("a").agg(F.collect_list(F.struct("a", "b"))).orderBy("a")
pairs | df.agg(F.first("b"), F.last("b"), F.any_value("b"))
pairs | df.agg(F.bool_and(F.col("b") > 0), F.bool_or(F.col("b") > 1), F.every(F.col("b") > 0), F.some(F.col("b") > 1))
pairs | df.agg(F.bit_and("a"), F.bit_or("a"), F.bit_xor("a"))
pairs | df.agg(F.percentile_approx("a", 0.5, 100))
pairs | df.agg(F.percentile("a", 0.5), F.percentile("a", [0.25, 0.75]))
pairs | df.agg(F.median("b"), F.mode("a"))
pairs | df.agg(F.array_agg("a"))
pairs | df.agg(F.try_sum("a"), F.try_avg("a"))
pairs | df.agg(F.count("a"), F.count(F.lit(1)), F.count("*"))
pairs | df.agg(F.sum(F.col("a") + F.col("b")), F.sum("a") / F.count("b"))
pairs | df.agg(F.sum(F.lit(None).cast("int")))
pairs | df.agg(F.max(F.struct("a", "b")))
pairs | df.select(F.sum("a"), F.lit(1))
pairs | df.select("a", F.sum("b"))
pairs | df.groupBy(F.col("a") + 1).agg(F.sum("b")).orderBy("(a + 1)")
pairs | df.groupBy("a", "b").count().orderBy("a", "b")
pairs | df.groupBy("nope").count()
pairs | df.groupBy("a").sum("nope")
pairs | df.groupBy("a").agg(F.sum("b").alias("x")).filter("x > 3").orderBy("a")
pairs | df.rollup("a", "b").count().orderBy("a", "b", "count")
pairs | df.cube("a", "b").agg(F.sum("b").alias("s")).orderBy("a", "b", "s")
pairs | df.cube("a").agg(F.grouping("a").alias("g"), F.sum("b")).orderBy("g", "a")
sales | df.groupBy("year").pivot("course", ["dotNET", "Java"]).sum("earnings").orderBy("year")
sales | df.groupBy("course").pivot("year", [2012, 2013]).sum("earnings").orderBy("course")
sales | df.groupBy("year").pivot("course", ["dotNET", "Java"]).agg(F.sum("earnings"), F.avg("earnings")).orderBy("year")
sales | df.groupBy("year").pivot("course").agg(F.sum("earnings").alias("s")).orderBy("year")
sales | df.groupBy("year").pivot("course", ["dotNET", "nope"]).agg(F.sum("earnings")).orderBy("year")
sales | df.groupBy().pivot("year").agg(F.max("earnings"), F.min("course"))
sales | df.groupBy("course").pivot("year").agg(F.countDistinct("earnings")).orderBy("course")
sales | df.groupBy("course").pivot("year").agg(F.collect_list("earnings")).orderBy("course")
sales | df.groupBy("course").pivot("year", [2012, None]).sum("earnings").orderBy("course")
sales | df.groupBy("year").pivot("course").count().orderBy("year")
sales | df.groupBy("year").pivot("course").agg(F.first("earnings")).orderBy("year")
sales | df.groupBy("year").pivot("course").avg().orderBy("year")
sales | df.groupBy("year").pivot("course").agg({"earnings": "sum"}).orderBy("year")
sales | df.rollup("year", "course").sum("earnings").orderBy("year", "course")
people | df.na.drop().select("name")
people | df.na.drop("any", subset=["age", "name"]).select("name", "age")
people | df.na.drop(subset=["age", "height"]).select("name")
people | df.na.drop("all", subset=["age", "height"]).select("name")
people | df.na.drop(thresh=2).select("name")
people | df.na.drop(thresh=1, subset=["age", "height"]).select("name")
people | df.na.fill(50.6)
people | df.na.fill(50)
people | df.na.fill("unknown")
people | df.na.fill("unknown", ["name"])
people | df.na.fill(5, ["age", "name"])
people | df.na.fill({"name": "x", "age": 5, "height": 1})
people | df.na.fill({"age": 2.7, "height": 3})
people | df.na.fill({"nope": 1})
people | df.na.fill(1, ["nope"])
people | df.na.fill(True)
people | df.na.drop(subset=["nope"])
people | df.na.replace([16, 60], [61, 6], ["age"])
people | df.na.replace({"Bob": "Bravo", "Alice": None}, 1, ["name"])
people | df.na.replace("Amy", None, ["name"])
people | df.na.replace(164.3, 461.3, ["age", "height"])
people | df.na.replace({16: 61, 60: 6, 164.3: 461.3}, 1, ["age", "height"])
people | df.na.replace(60, None)
people | df.na.replace([1, 2], [1])
people | df.describe("age", "height")
people | df.describe()
people | df.describe("nope")
people | df.summary("count_distinct", "approx_count_distinct")
people | df.summary("foo%")
people | df.summary("101%")
people | df.select("name").describe()
people | df.where("age < 0").describe("age", "name")
people | df.orderBy(F.col("name").desc_nulls_last(), "age").select("name", "age")
people | df.select(F.col("name").alias("n"), F.col("age") * 2)
people | df.withColumn("age", F.col("age").cast("string")).select("age")
people | df.withColumns({"a1": F.col("age") + 1, "a2": F.col("age") + 2}).select("a1", "a2")
people | df.withColumnsRenamed({"age": "years", "nope": "z"}).select("years")
people | df.drop("age", "height", "nope")
people | df.toDF("a", "b", "c").select("a")
people | df.toDF("a", "b")
people | df.select("*")
people | df.select(F.col("name"), F.col("name"))
people | df.selectExpr("age * 2 as d", "name")
people | df.limit(0)
people | df.limit(2).select("name")
people | df.offset(3).select("name")
people | df.select("age").distinct().orderBy("age")
people | df.union(df).groupBy("name").count().orderBy("name")
people | df.unionAll(df).where("name is null").select("name")
people | df.select("age").intersect(df.select("age")).orderBy("age")
people | df.select("age").intersectAll(df.select("age")).orderBy("age")
people | df.select("age").exceptAll(df.where("age > 20").select("age")).orderBy("age")
people | df.select("age").subtract(df.where("age > 20").select("age")).orderBy("age")
people | df.alias("l").join(df.alias("r"), F.col("l.name") == F.col("r.name")).select(F.col("l.age"), F.col("r.height")).orderBy("age")
people | df.join(sales, F.col("age") == F.col("year"), "left").select("name", "course").orderBy("name")
people | df.select("name", "age").join(df.select("name", "height"), "name", "left_outer").orderBy("name", "age")
people | df.select("name", "age").join(df.select("name", "height"), ["name"], "full_outer").orderBy("name", "age", "height")
people | df.select("name").join(df.select("name"), "name", "leftsemi").orderBy("name")
people | df.select("name").join(df.select("name"), "name", "anti").orderBy("name")
people | df.select("name").join(df.select("name"), "name", "cross").orderBy("name")
people | df.join(df, "name", "nope")
people | df.join(df, "nope")
people | df.filter(F.col("age") > 20).select("name")
people | df.filter("age > 20 and name like 'A%'").select("name")
people | df.select(F.when(F.col("age") > 18, "adult").otherwise("minor").alias("g"), "name").groupBy("g").count().orderBy("g")
people | df.select(F.row_number().over(Window.partitionBy("name").orderBy("age")).alias("n"), "age").orderBy("age", "n")
people | df.select("age", F.ntile(2).over(Window.orderBy("age")).alias("t"), F.percent_rank().over(Window.orderBy("age")).alias("p"), F.cume_dist().over(Window.orderBy("age")).alias("c")).orderBy("age", "t")
people | df.select("age", F.sum("age").over(Window.orderBy("age").rowsBetween(-1, 0)).alias("s")).orderBy("age", "s")
people | df.select("age", F.avg("age").over(Window.orderBy("age").rangeBetween(-10, 10)).alias("s")).orderBy("age", "s")
people | df.select("age", F.count("*").over(Window.partitionBy("name")).alias("c")).orderBy("age", "c")
people | df.select("age", F.nth_value("name", 2).over(Window.orderBy("age")).alias("f")).orderBy("age")
people | df.select("age", F.lag("age", 1, 0).over(Window.orderBy("age")).alias("f")).orderBy("age", "f")
people | df.select("age", F.collect_list("name").over(Window.orderBy("age")).alias("f")).orderBy("age")
people | df.select("age", F.rank().over(Window.orderBy(F.col("age").desc())).alias("r")).orderBy("r")
people | df.crosstab("name", "age").orderBy("name_age")
letters | df.crosstab("numbers", "letters").orderBy("numbers_letters")
letters | df.stat.crosstab("letters", "numbers").orderBy("letters_numbers")
letters | df.sampleBy("letters", {"a": 0.0, "b": 1.0}, 0).where("letters = 'a'")
letters | df.select(F.col("negDoubles").cast("int").alias("n")).distinct().orderBy("n").limit(2)
clean | df.select(F.col("d").cast("int"), F.col("d").cast("int") + 1, F.upper(F.col("d").cast("string"))).limit(1)
numbers | df.unpivot(["id"], ["i", "d"], "name", "value").orderBy("id", "name").limit(5)
numbers | df.melt(["id"], ["d", "e"], "name", "value").where("id < 3")
clean | df.hint("broadcast").limit(1)
clean | df.join(F.broadcast(other), "k").orderBy("i", "v")
clean | df.orderBy(F.desc("k"), F.asc("i")).limit(3)
numbers | df.orderBy(F.asc_nulls_last("i"), "id").select("id", "i")
numbers | df.orderBy(F.desc_nulls_first("i"), "id").select("id", "i")
numbers | df.orderBy(F.asc_nulls_first("i"), F.desc_nulls_last("id")).select("id", "i")
numbers | df.groupBy("k").agg(F.first_value("i"), F.last_value("i", True), F.approx_percentile("e", 0.5)).orderBy("k")
clean | df.select(F.column("k")).limit(1)
main | df.select("id", F.struct("i", "s").alias("z")).orderBy("z").select("id")
main | df.select("id", F.array("i", "l").alias("z")).orderBy(F.col("z").desc()).select("id")
main | df.orderBy("a", "id").select("id")
main | df.agg(F.max(F.struct("i", "id")).alias("m"), F.min(F.struct("i", "id")).alias("n"), F.max("a"), F.min("a"))
main | df.agg(F.max_by("id", "a"), F.min_by("id", F.struct("i", "s")).alias("n"))
main | df.select("id", F.max("a").over(Window.partitionBy("b")).alias("m"), F.rank().over(Window.orderBy("a")).alias("r")).orderBy("id")
main | df.select(F.struct(F.col("i").alias("x"), F.col("s").alias("y z")).alias("p.q")).select("`p.q`.x", "`p.q`.`y z`", F.col("`p.q`").getField("x").alias("g"))
main | df.select(F.struct(F.col("i").alias("x"), F.struct("s").alias("in")).alias("p")).select("p.x", "p.in.s", "p.*", F.struct("p.x").alias("t"))
main | df.select(F.struct(F.col("i").alias("x")).alias("p")).groupBy("p.x").count().orderBy("x")
main | df.select(F.array(F.struct("i", "s")).alias("p")).select("p.i", F.col("p").getField("s").alias("s"))
main | df.select(F.create_map(F.lit("k"), "i").alias("m")).select("m.k", "m.z")
main | df.select("id", F.explode(F.create_map(F.lit("u"), "i", F.lit("v"), "l")))
main | df.select("id", F.explode_outer(F.map_from_arrays("a", "a")).alias("k", "v")).where("id < 2")
main | df.select("id", F.posexplode(F.create_map(F.lit("u"), "i")))
main | df.select("id", F.posexplode("a").alias("p", "v"))
main | df.select("id", F.posexplode_outer("a").alias("p", "v"))
main | df.select("id", F.posexplode("a").alias("p"))
main | df.select("id", F.inline(F.array(F.struct("i", F.col("s").alias("z")), F.struct("l", F.col("t").alias("z")))))
main | df.select("id", F.inline_outer(F.transform("w", lambda x: F.struct(x.alias("x"), F.length(x).alias("n")))))
main | df.select("id", F.stack(F.lit(2), "i", F.lit("a"), "l", F.lit("b")))
main | df.select("id", F.stack(F.lit(2), "i", F.lit("a"), "l").alias("p", "q"))
main | df.select(F.stack(F.lit(0), "i"))
main | df.groupBy("b").pivot("c").agg(F.sort_array(F.collect_list("id")), F.size(F.collect_list("s"))).orderBy("b")
main | df.groupBy(F.window("at", "1 hour")).count().orderBy("window")
main | df.groupBy(F.window("at", "10 minutes", "5 minutes")).agg(F.count("id").alias("n")).orderBy("window")
main | df.groupBy(F.window("at", "1 day", "1 day", "6 hours").alias("w"), "b").agg(F.max("id")).orderBy("w", "b")
main | df.groupBy(F.window("at", "90 seconds", "60 seconds", "-15 seconds")).agg(F.min("id")).orderBy("window")
main | df.groupBy(F.window("at", "1 week")).agg(F.collect_list("id").alias("ids")).orderBy("window.start").select("window.start", "window.end", "ids")
main | df.select("id", F.window("at", "2 hours").alias("w")).orderBy("id")
main | df.select("id", F.window("at", "2 hours", "1 hour").getField("start").alias("s")).orderBy("id", "s")
main | df.groupBy(F.window("at", "1 month")).count()
main | df.groupBy(F.window("at", "10 minutes", "20 minutes")).count()
main | df.groupBy(F.window("i", "10 minutes")).count()
main | df.groupBy(F.window("at", "often")).count()
main | df.select("id", F.col("day") - F.lit("2024-01-01"), F.col("at") - F.col("day"), F.col("day") + (F.col("at") - F.col("day")), F.col("day") - (F.col("day") - F.col("day"))).where("id < 2")
main | df.agg(F.sum(F.col("at") - F.col("day")), F.avg(F.col("at") - F.col("day")), F.min(F.col("day") - F.lit("2024-01-01")), F.sum(F.col("day") - F.lit("2024-01-01")), F.avg(F.col("day") - F.lit("2024-01-01")), F.count_distinct(F.col("day") - F.lit("2024-01-01")))
main | df.orderBy(F.col("at") - F.col("day"), "id").select("id")
main | df.groupBy((F.col("day") - F.lit("2024-01-01")).alias("g")).count().orderBy("g")
main | df.select("id", (F.col("at") - F.lag("at").over(Window.orderBy("id"))).alias("gap"))
main | df.select(F.struct(F.lit(1).alias("p")).alias("s")).limit(1).select(F.col("s").withField("q", F.lit(2)), F.col("s").withField("q", F.lit(2)).dropFields("p"))
main | df.select(df.colRegex("`[de].*`")).limit(1)
main | df.select("id", df.colRegex("`(id|s|t|a|at|w|day|b|c)?+.+`"))
main | df.select(df.colRegex("`x+`"), "id").limit(1)
main | df.select(df.colRegex("i")).limit(2)
visits | df.groupBy("u", F.session_window("at", "5 minutes")).agg(F.count("*").alias("n"), F.sum("x").alias("s"), F.collect_list("x").alias("l")).orderBy("u", "session_window")
visits | df.groupBy(F.session_window("at", "5 minutes").alias("w")).count().orderBy("w")
visits | df.groupBy(F.session_window("at", "5 minutes"), "u").agg(F.max("at") - F.min("at")).orderBy("u", "session_window")
visits | df.groupBy(F.session_window("at", "1 hour")).agg(F.count_distinct("u"))
visits | df.groupBy(F.session_window("at", "0 minutes")).count()
visits | df.groupBy(F.session_window("x", "5 minutes")).count()
visits | df.groupBy(F.window("at", "5 minutes").alias("w")).count().select(F.window_time("w"), "count").orderBy("window_time(w)")
visits | df.groupBy("u", F.session_window("at", "5 minutes")).count().select("u", F.window_time("session_window")).orderBy("u", F.col("window_time(session_window)"))
visits | df.select(F.window_time("x"))
texts | df.select("id", F.try_parse_url("u", F.lit("HOST")).alias("HOST"), F.try_parse_url("u", F.lit("PATH")).alias("PATH"), F.try_parse_url("u", F.lit("QUERY")).alias("QUERY"), F.try_parse_url("u", F.lit("REF")).alias("REF"), F.try_parse_url("u", F.lit("PROTOCOL")).alias("PROTOCOL"), F.try_parse_url("u", F.lit("FILE")).alias("FILE"), F.try_parse_url("u", F.lit("AUTHORITY")).alias("AUTHORITY"), F.try_parse_url("u", F.lit("USERINFO")).alias("USERINFO"), F.try_parse_url("u", F.lit("NOPE")).alias("NOPE"))
texts | df.select("id", F.try_parse_url("u", F.lit("QUERY"), F.lit("query")).alias("a"), F.try_parse_url("u", F.lit("QUERY"), F.lit("k")).alias("b"), F.try_parse_url("u", F.lit("HOST"), F.lit("k")).alias("c"))
texts | df.where("id < 2").select(F.parse_url("u", F.lit("HOST")), F.parse_url("u", F.lit("QUERY"), F.lit("k")))
texts | df.where("id = 2").select(F.parse_url("u", F.lit("HOST")))
texts | df.select("id", F.sentences("w"))
texts | df.where("id < 2").select(F.sentences("w", F.lit("en"), F.lit("US")))
texts | df.select("id", F.try_to_number("n", F.lit("$9,999.99")))
texts | df.select("id", F.try_to_number("n", F.lit("S999")))
texts | df.select("id", F.try_to_number("n", F.lit("MI99")))
texts | df.select("id", F.try_to_number("n", F.lit("999PR")))
texts | df.select("id", F.try_to_number("n", F.lit("000")))
texts | df.select("id", F.try_to_number("n", F.lit("99S")))
texts | df.select("id", F.try_to_number("n", F.lit("$99D9")))
texts | df.select("id", F.try_to_number("n", F.lit("9,999")))
texts | df.select("id", F.try_to_number("n", F.lit("99.")))
texts | df.select("id", F.try_to_number("n", F.lit("999999999")))
texts | df.where("id = 0").select(F.to_number("n", F.lit("$9,999.99")))
texts | df.where("id = 1").select(F.to_number("n", F.lit("$9,999.99")))
texts | df.select(F.try_to_number("n", F.lit("L99")))
texts | df.select(F.try_to_number("n", F.lit("")))
texts | df.select(F.try_to_number("n", F.lit("99,")))
texts | df.select(F.try_to_number("n", F.lit("9.9.9")))
texts | df.select(F.try_to_number("n", F.lit("99$")))
texts | df.select(F.try_to_number("n", F.lit("9,,9")))
texts | df.select(F.try_to_number("n", F.lit(".")))
texts | df.select(F.try_to_number("n", F.lit("SS9")))
texts | df.select(F.try_to_number("n", F.lit("9.9,9")))
texts | df.select("id", F.to_char("m", F.lit("$9,999.99")))
texts | df.select("id", F.to_char("m", F.lit("S999.99")))
texts | df.select("id", F.to_char("m", F.lit("999.99S")))
texts | df.select("id", F.to_char("m", F.lit("MI999.9")))
texts | df.select("id", F.to_char("m", F.lit("999.99PR")))
texts | df.select("id", F.to_char("m", F.lit("000.00")))
texts | df.select("id", F.to_char("m", F.lit("9,999,999")))
texts | df.select("id", F.to_char("m", F.lit("0,009,999.99")))
texts | df.select("id", F.to_char("m", F.lit("99MI")))
texts | df.select("id", F.to_char("m", F.lit("$99.9S")))
texts | df.select("id", F.to_char("m", F.lit(".99")))
texts | df.select("id", F.to_char("m", F.lit("S$9,999.00")))
texts | df.select("id", F.to_char("m", F.lit("99999.")))
main | df.select("id", F.to_char("i", F.lit("9,999")), F.to_varchar("l", F.lit("S9,999")))
main | df.select("id", F.to_char("day", F.lit("yyyy/MM")), F.to_char("at", F.lit("HH:mm"))).where("id < 3")
main | df.select("id", F.to_char(F.encode("s", "UTF-8"), F.lit("hex")), F.to_char(F.encode("s", "UTF-8"), F.lit("base64")), F.to_char(F.encode("s", "UTF-8"), F.lit("UTF-8")))
main | df.select(F.to_char(F.encode("s", "UTF-8"), F.lit("nope")))
main | df.select(F.to_char("b", F.lit("9")))
numbers | df.coalesce(1).sortWithinPartitions("i", "id")
numbers | df.select("id", F.sum("i").over(Window.rowsBetween(-1, 0).orderBy("id")).alias("s"), F.count("i").over(Window.rangeBetween(-1, 1).orderBy("id")).alias("n"))
pairs | df.select(F.struct("*").alias("r"), F.array(F.col("*")).alias("x"), F.hash("*").alias("h"), F.concat_ws("-", "*").alias("t"), F.to_json(F.struct("*")).alias("j"))
pairs | df.alias("p").groupBy("a").agg(F.min(F.struct("p.*")).alias("m")).orderBy("a")
pairs | df.groupBy("a").agg(F.struct("*"))
numbers | df.agg(F.count("*").alias("n"), F.countDistinct("*").alias("u"))
pairs | df.select((F.col("a") + 1).alias("c")).orderBy(F.col("b").desc(), F.col("a"))
pairs | df.select("a").filter(F.col("b") == 2).orderBy("a")
numbers | df.select("i").where("e > 1").select("i").orderBy("id")
numbers | df.select("i", "k").select("i").orderBy("nope")
pairs | df.agg(F.lit(1).alias("x"))
pairs | df.where("a > 9").agg(F.lit(1).alias("x"))
pairs | df.select(F.struct("a", "b").alias("s")).union(df.select(F.struct(F.col("b").alias("x"), F.col("a").alias("y")).alias("s"))).orderBy("s")
pairs | df.select(F.struct("a", "b").alias("s")).unionByName(df.select(F.struct("b", (F.col("a") + 10).alias("a")).alias("s"))).orderBy("s")
pairs | df.select(F.array(F.struct("a")).alias("s")).unionByName(df.select(F.array(F.struct((F.col("a") + 10).alias("a"), "b")).alias("s")), allowMissingColumns=True).orderBy("s")
pairs | df.select(F.struct("a").alias("s")).union(df.select(F.struct("a", "b").alias("s")))
numbers | df.where("id >= 2").agg(F.any_value("i", True).alias("x"), F.any_value("i").alias("y"))
numbers | df.select("id", F.nth_value("i", 3, True).over(Window.orderBy("id")).alias("n"), F.nth_value("i", 3).over(Window.orderBy("id")).alias("m")).orderBy("id")
pairs | df.select(F.nth_value("a", 0).over(Window.orderBy("a")))
sales | df.cube("course", "year").agg(F.sum("earnings").alias("e"), F.rank().over(Window.partitionBy(F.grouping_id("course", "year")).orderBy(F.sum("earnings"))).alias("r")).orderBy("course", "year")
pairs | df.select(F.lit(1.0).alias("one"), "b").agg(F.corr("one", "b").alias("c"), F.regr_slope("b", "one").alias("s"), F.regr_intercept("b", "one").alias("i"))
pairs | df.where("a = 1").agg(F.sum(F.lit("60000000000000000000000000000000000000").cast("decimal(38,0)")))
pairs | df.where("a = 1").agg(F.try_sum(F.lit("60000000000000000000000000000000000000").cast("decimal(38,0)")).alias("x"), F.sum(F.lit("0.5").cast("decimal(38,38)")).alias("y"))
pairs | df.withColumn("m", F.create_map("a", "b")).dropDuplicates(["a"]).select("a").orderBy("a")
sales | df.groupingSets([["course", "year"], ["course"], []], "course", "year").agg(F.sum("earnings").alias("s"), F.grouping_id().alias("g")).orderBy("course", "year", "g")
sales | df.groupingSets([["course"], [F.col("year")], ["year"]], "course", "year").agg(F.count("*").alias("n"), F.grouping("course").alias("g")).orderBy("course", "year")
sales | df.groupingSets([["course"]], "course", "year").count().orderBy("course")
sales | df.groupingSets([[]], "course").agg(F.grouping("course").alias("g"), F.count("*").alias("n"))
sales | df.where("year < 0").groupingSets([["course"], []], "course").count()
numbers | df.groupingSets([["k"], []], "k").agg(F.sum("i").alias("s"), F.grouping_id().alias("g")).orderBy("k", "g")
clean | df.join(other, df["k"] == other["k"]).drop(other["k"]).orderBy("k", "i", "v")
clean | df.join(other, df["k"] == other["k"]).drop(df["k"], F.col("v")).orderBy("k", "i", "d")
clean | df.drop(F.col("nope"), F.col("d")).orderBy("k", "i")
clean | df.crossJoin(other).drop(F.col("k"))
other | df.zipWithIndex("at").select("v", "at").orderBy("at")
pairs | df.agg(F.sum("a"))
"""

VALUE_EXPRESSIONS = """
clean | df.approxQuantile("d", [0.0, 0.25, 0.5, 0.75, 1.0], 0.0)
clean | df.approxQuantile("i", [0.5], 0.25)
clean | df.approxQuantile(["i", "d"], [0.1, 0.9], 0.0)
numbers | df.approxQuantile("d", [0.0, 0.5, 1.0], 0.0)
numbers | df.approxQuantile("i", [0.0, 0.5, 1.0], 0.0)
numbers | df.where("id < 0").approxQuantile("i", [0.5], 0.0)
clean | df.corr("i", "d")
clean | df.cov("i", "d")
numbers | df.corr("i", "e")
numbers | df.count()
numbers | df.columns
numbers | df.dtypes
numbers | df.isEmpty()
numbers | df.where("id < 0").isEmpty()
numbers | df.where("id < 0").first()
letters | df.stat.corr("singles", "doubles")
letters | df.stat.corr("singles", "negDoubles", "pearson")
letters | df.stat.cov("singles", "doubles")
letters | df.stat.approxQuantile("singles", [0.5, 0.1], 0.0)
letters | df.approxQuantile(["singles", "doubles"], [0.0, 1.0], 0.0)
people | df.approxQuantile("age", [0.0, 0.5], 0.0)
people | df.where("age < 0").approxQuantile("age", [0.5], 0.0)
people | df.count()
people | df.where("age < 0").count()
people | df.columns
people | df.dtypes
people | df.limit(1).isEmpty()
people | df.distinct().count()
people | df.dropDuplicates().count()
people | df.dropDuplicates(["name", "age"]).count()
"""


def expression_frame(spark, data):
    parse = {"date": datetime.date.fromisoformat, "timestamp": datetime.datetime.fromisoformat}
    rows = [[parse[t](v) if v is not None and t in parse else v for (_, t), v in zip(data["columns"], r)] for r in data["rows"]]
    return frame_in(spark, {"columns": data["columns"], "rows": rows}).cache()


def by_value(frame, column, key="id"):
    """The column's values; when the whole fails, each row by itself, an {"error"} where that row fails."""
    try:
        out = frame.select(column.alias("r"))
        kind = out.schema["r"].dataType.simpleString()
    except Exception as e:
        return failure(e)
    try:
        return {"type": kind, "result": [r.r for r in spelled(out).collect()]}
    except Exception:
        results = []
        for row in frame.select(key).collect():
            try:
                results.append(spelled(frame.where(F.col(key) == row[0]).select(column.alias("r"))).head().r)
            except Exception as e:
                results.append({"error": failure(e)["error"]})
        return {"type": kind, "result": results}


def expressions(spark):
    names = {k: v for k, v in vars(F).items() if not k.startswith("_")}
    frames = {k: expression_frame(spark, v) for k, v in EXPRESSION_FRAMES.items()}
    cases = []

    def put(case):
        cases.append(case)
        if "error" in case:
            print(case.get("expr"), case["error"], flush=True)

    for source, values in CAST_INPUTS.items():
        frame = spark.createDataFrame(list(enumerate(values)), f"id int, x {source}").coalesce(1).cache()
        for target in CASTS[source].split():
            for how in ("cast", "try_cast"):
                column = getattr(F.col("x"), how)(target)
                put({"expr": f'col("x").{how}("{target}")', "input": {"x": values}, "inputType": source, **by_value(frame, column)})
        print("cast from", source, flush=True)
    for line in COLUMN_EXPRESSIONS.strip().split("\n"):
        source, _, columns = line.rpartition("|")
        source, columns = source.strip(), columns.split()
        try:
            column = eval(source, {**names, "datetime": datetime})
        except Exception as e:
            put({"expr": source, "frame": "main", "columns": columns, **failure(e)})
            continue
        put({"expr": source, "frame": "main", "columns": columns, **by_value(frames["main"] if columns else frames["main"].where("id = 0"), column)})
    for line in FRAME_EXPRESSIONS.strip().split("\n"):
        name, _, source = line.partition(" | ")
        case = {"expr": source, "frame": name}
        try:
            case["output"] = frame_out(eval(source, {"F": F, "Window": Window, "df": frames[name], **frames}), metadata=False)
        except Exception as e:
            case.update(failure(e))
        put(case)
    for line in VALUE_EXPRESSIONS.strip().split("\n"):
        name, _, source = line.partition(" | ")
        case = {"expr": source, "frame": name}
        try:
            case["value"] = eval(source, {"F": F, "df": frames[name], **frames})
        except Exception as e:
            case.update(failure(e))
        put(case)
    about = ("`expr` is PySpark source. Column cases: over `frame` (all rows, in order; only row 0 where `columns` is empty) or over one column `x` of `inputType` with the values `input`; "
             "`result` has a value a row, {\"error\": condition} where that row by itself fails. Other cases: `output` is a frame, `value` a value; `df` is the frame named, other frames go by their names. "
             "ANSI mode is on, the session zone is UTC.")
    return {"about": about, "frames": EXPRESSION_FRAMES, "cases": cases}


# ---- csv ----

def csv_cases():
    """name, text, options, schema (None: inferred when asked, else strings)"""
    h = {"header": True, "inferSchema": True}
    yield "types", "i,l,d,b,s,day,at\n1,2147483648,1.5,true,x,2024-01-02,2024-01-02 03:04:05\n-2,3,-2e3,FALSE,y,1999-12-31,2024-01-02T03:04:05.678Z\n", h
    yield "no inference", "a,b\n1,x\n,y\n", {"header": True}
    yield "no header", "1,x\n2,y\n", {"inferSchema": True}
    yield "int, then long, then double", "a,b,c\n1,1,1\n2147483648,2.5,9223372036854775807\n", h
    yield "beyond 64 bits", "a,b\n9223372036854775808,1\n1,123456789012345678901234567890123456789012\n", h
    yield "decimals", "a,b,c,d\n1.10,0.1,1e5,.5\n2.20,3,1E-3,5.\n", h
    yield "NaN and infinities", "a,b,c\nNaN,Inf,1\n1,-Inf,nan\n2,1.5,2\n", h
    yield "nan text options", "a,b\nnot,1\n1,big\n", {**h, "nanValue": "not", "positiveInf": "big"}
    yield "booleans", "a,b,c,d\ntrue,Yes,1,T\nFalse,No,0,F\n", h
    yield "mixed: number then text", "a,b\n1,true\nx,1\n", h
    yield "int then date", "a\n1\n2024-01-01\n", h
    yield "dates and timestamps mixed", "a,b\n2024-01-01,2024-01-01\n2024-01-02,2024-01-02 10:00:00\n", h
    yield "date forms", "a,b,c,d\n2024-1-2,02/01/2024,20240102,2024-02-30\n", h
    yield "dateFormat", "a\n02/01/2024\n", {**h, "dateFormat": "dd/MM/yyyy"}
    yield "timestamp with zone and fraction", "a,b,c\n2024-01-01T00:00:00+02:00,2024-01-01 00:00,2024-01-01T00:00:00.123456\n", h
    yield "blanks", "a,b,c\n1,,\n,x,\n3,\"\",2.5\n", h
    yield "blank fields of spaces", "a,b\n 1 , x \n  ,   \n", h
    yield "ignore leading white space", "a,b\n 1 , x \n  ,   \n", {**h, "ignoreLeadingWhiteSpace": True}
    yield "ignore both white spaces", "a,b\n 1 , x \n  ,   \n", {**h, "ignoreLeadingWhiteSpace": True, "ignoreTrailingWhiteSpace": True}
    yield "leading white space before a quote", 'a,b\n1, "x,y"\n', {**h, "ignoreLeadingWhiteSpace": True}
    yield "the Telco blank", "id,TotalCharges\na,29.85\nb, \nc,10\n", {**h, "ignoreLeadingWhiteSpace": True}
    yield "a column with nothing", "a,b\n1,\n2,\n", h
    yield "quotes", 'a,b\n"x,y",1\n"he said ""hi""",2\n"it\'s",3\n', h
    yield "backslash escape", 'a,b\n"say \\"hi\\"",1\n"back\\\\slash",2\nplain\\n,3\n', h
    yield "escape is a quote", 'a,b\n"he said ""hi""",1\n"back\\slash",2\n', {**h, "escape": '"'}
    yield "quote in mid-field", 'a,b\nx"y"z,1\n"x"y,2\n', h
    yield "doubled quotes behind a separator", 'a,b\n"O\'Dwyer, Miss. Ellen ""Nellie""",1\n"x, y"z,2\n"x, y" z,3\n"x, ""y""",4\n"x""",5\n"x"" ,6\n', h
    yield "doubled quotes behind a separator, escape is a quote", 'a,b\n"O\'Dwyer, Miss. Ellen ""Nellie""",1\n"x, ""y""z"w,2\n', {**h, "escape": '"'}
    yield "escaped quotes before text behind the closing one", 'a,b\n"x, \\"y\\" "z ,1\n', {**h, "ignoreTrailingWhiteSpace": True}
    yield "a quote and nothing more", 'a,b\n1,"\n",\n', h
    yield "an escape at the end of a quote never closed", 'a,b\n1,"x\\\n', h
    yield "blank lines, multiLine", 'a,b\n1,2\n \n\n3,4\n', {**h, "multiLine": True}
    yield "blank lines, multiLine, ignoreLeadingWhiteSpace", 'a,b\n1,2\n \n\n3,4\n', {**h, "multiLine": True, "ignoreLeadingWhiteSpace": True}
    yield "quote never closed", 'a,b\n"x,1\ny,2\n', h
    yield "line break in quotes", 'a,b\n"x\ny",1\nz,2\n', h
    yield "line break in quotes, multiLine", 'a,b\n"x\ny",1\nz,2\n', {**h, "multiLine": True}
    yield "quote '", "a,b\n'x,y',1\n\"z\",2\n", {**h, "quote": "'"}
    yield "quotes off", 'a,b\n"x,1\n"y",2\n', {**h, "quote": ""}
    yield "sep ;", "a;b\n1;2,5\n", {**h, "sep": ";"}
    yield "sep tab", "a\tb\n1\tx y\n", {**h, "sep": "\t"}
    yield "sep ||", "a||b\n1||x|y\n", {**h, "sep": "||"}
    yield "sep || with quotes", 'a||b\n"x||y"||1\n"he ""said"""||2\n"x"y||3\n"x" y||4\n', {**h, "sep": "||"}
    yield "sep of blank and comma, trimmed", 'a, b\n"x, y", 1\n z , 2\n', {**h, "sep": ", ", "ignoreLeadingWhiteSpace": True, "ignoreTrailingWhiteSpace": True}
    yield "charToEscapeQuoteEscaping", "a,'x/\\\\'y',b\n", {"quote": "'", "charToEscapeQuoteEscaping": "/"}
    yield "lineSep ;", "a,b;1,2;3,4", {**h, "lineSep": ";"}
    yield "lineSep of a line feed keeps carriage returns", "a,b\r\n1,2\r\n", {"lineSep": "\n"}
    yield "lineSep ; with multiLine", 'a;"x\ny";2\n', {"lineSep": ";", "multiLine": True}
    yield "maxColumns met", "1,2\n3,4\n", {"maxColumns": 2}
    yield "maxColumns passed", "1,2,3\n4,5\n", {"maxColumns": 2}
    yield "trimmed to nothing, nullValue", "a,b\n ,x\nx, \n", {**h, "ignoreLeadingWhiteSpace": True, "ignoreTrailingWhiteSpace": True, "nullValue": "NA"}
    yield "nullValue NA", "a,b\nNA,x\n1,NA\n,\n", {**h, "nullValue": "NA"}
    yield "nullValue and emptyValue", 'a,b\n"",x\nNA,\n', {**h, "nullValue": "NA", "emptyValue": "EMPTY"}
    yield "comment", "# top\na,b\n#1,2\n3,#4\n", {**h, "comment": "#"}
    yield "ragged short", "a,b,c\n1,2\n3,4,5\n", h
    yield "ragged long", "a,b\n1,2,3\n4,5\n", h
    for mode in "PERMISSIVE DROPMALFORMED FAILFAST".split():
        yield f"ragged, {mode}", "a,b,c\n1,2\n3,4,5\n6,7,8,9\n", {**h, "mode": mode}
        yield f"bad numbers under a schema, {mode}", "a,b\n1,x\nz,y\n2.5,w\n", {"header": True, "mode": mode}, "a int, b string"
        yield f"bad date and boolean under a schema, {mode}", "a,b\n2024-01-01,true\n2024-13-01,maybe\n", {"header": True, "mode": mode}, "a date, b boolean"
    yield "corrupt record column", "a,b\n1,x\nz,y\n1,2,3\n", {"header": True}, "a int, b string, _corrupt_record string"
    yield "schema, header ignored", "p,q\n1,x\n", {"header": True}, "a int, b string"
    yield "schema, header enforced", "p,q\n1,x\n", {"header": True, "enforceSchema": False}, "p int, nope string"
    yield "schema longer than the file", "a\n1\n", {"header": True}, "a int, b string"
    yield "schema: spaces and overflow", "a,b,c\n 1,2147483648,1e400\n2,3,0x10\n", {"header": True}, "a int, b int, c double"
    yield "schema: number forms", "a,b\n+1,+1.5\n1.0,1d\n1e2,\"1,5\"\n", {"header": True}, "a int, b double"
    yield "duplicate header names", "a,a,b\n1,2,3\n", h
    yield "header names differing in case", "a,A,b\n1,2,3\n", h
    yield "blank header names", "a,,c\n1,2,3\n", h
    yield "header with spaces and dots", " a b ,x.y\n1,2\n", h
    yield "quoted header", '"a,b","c ""d"""\n1,2\n', h
    yield "header only", "a,b\n", h
    yield "header only, no inference", "a,b\n", {"header": True}
    yield "empty file", "", h
    yield "one blank line", "\n", h
    yield "blank lines", "a,b\n\n1,2\n\n\n3,4\n", h
    yield "byte order mark", "\ufeffa,b\n1,2\n", h
    yield "byte order mark, multiLine", "\ufeffa,b\n1,2\n", {**h, "multiLine": True}
    yield "byte order mark, quoted header", '\ufeff"a","b"\n1,2\n', h
    yield "CRLF", "a,b\r\n1,x\r\n2,y\r\n", h
    yield "CRLF, multiLine", "a,b\r\n1,x\r\n2,\"y\r\nz\"\r\n", {**h, "multiLine": True}
    yield "CR only", "a,b\r1,x\r2,y\r", h
    yield "no last line break", "a,b\n1,x", h
    yield "trailing separator", "a,b,\n1,2,\n3,4,\n", h
    yield "unicode", "näme,日本\né,😀\n", h
    yield "plus signs, zeros in front, underscores", "a,b,c\n+1,007,1_000\n+2,010,2_000\n", h
    yield "thousands", 'a\n"1,000"\n"2,500"\n', h
    yield "Java number suffixes", "a,b,c\n1d,2f,3L\n4d,5f,6L\n", h
    yield "minus zero", "a,b\n-0,-0.0\n0,0.0\n", h
    m = {"header": True, "sep": "|", "multiLine": True}
    yield "mixed line breaks, multiLine, CR first", "a|b|c\r1|t\n2|x\r\n3|y|z\r4|\"u\nv\"|w\n", m
    yield "mixed line breaks, multiLine, CRLF first", "a|b|c\r\n1|t\n2|x\r\n3|y|z\r4|\"u\nv\"|w\n", m
    yield "mixed line breaks, multiLine, LF first", "a|b|c\n1|t\r2|x\r\n3|y|z\r4|\"u\r\nv\"|w\n", m
    yield "mixed line breaks", "a|b\r1|t\n2|x\r\n3|y\n\r4|w", {"header": True, "sep": "|"}
    yield "texts of corrupt records, multiLine", 'a,b\r\n"x","1"\r\n2,"y\r\nz",3\r\n4,w\r\n', {"header": True, "multiLine": True}, "a int, b string, _corrupt_record string"
    yield "groups of digits in decimals", 'a\n"1,234.50"\n"1,2"\n-12\n', {"header": True}, "a decimal(10,2)"
    yield "decimals of a locale", 'a;b\n1.234,50;1,5\n-2,5;1.5\n1E2;7\n1e2;8\n', {"header": True, "sep": ";", "locale": "de-DE"}, "a decimal(10,2), b double"
    yield "types of a locale's numbers", 'a;b;c\n1.234;1,5;1.5\n2;2;7\n', {**h, "sep": ";", "locale": "de-DE"}
    yield "dates in other forms", "a,b\n2024,2024\n2024-2,2024-2\n2024-01-02T03:04:05,2024-01-02 03:04:05\n2024-01-02 x,2024-1-2 3:4\n02/01/2024,x\n", {"header": True}, "a date, b timestamp"
    yield "empty texts and types, nullValue", 'a,b\n"",1\n2,""\nNA,true\n', {**h, "nullValue": "NA"}
    yield "whole numbers with a point", "a,b\n1.,12.\n-2,1.5\n", h
    yield "preferDate", "a\n2024-01-02\n", {**h, "preferDate": False}
    yield "samplingRatio does not change few rows", "a\n1\n2\n", {**h, "samplingRatio": 1.0}


def csv(spark):
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        for k, (name, body, options, *schema) in enumerate(csv_cases()):
            path = os.path.join(folder, f"{k}.csv")
            with open(path, "wb") as f:
                f.write(body.encode("utf-8"))
            case = {"name": name, "text": body, "options": options, **({"schema": schema[0]} if schema else {})}
            try:
                reader = spark.read.options(**options)
                case["output"] = frame_out((reader.schema(schema[0]) if schema else reader).csv(path))
            except Exception as e:
                case.update({k: v.replace(folder, "DIR") for k, v in failure(e).items()})
            cases.append(case)
            print(name, case.get("output", case.get("message")), flush=True)
    return {"about": "Files are the UTF-8 bytes of `text`, read by spark.read.options(**options)[.schema(schema)].csv(path).", "cases": cases}


# ---- json ----

# text, options, schema (None: inferred)
JSON_CASES = [
    ("{'a': 1, 'b': \"it's\"}\n{\"a\": 2}\n",{},None),
    ("{'a': 1, 'b': \"it's\"}\n{\"a\": 2}\n",{'allowSingleQuotes':False},None),
    ('{"a":1} x\n{"a":2}{"a":3}\n',{},None),
    ('{"a":1.0.0}\n{"a":2}\n',{},None),
    ('{"a":01}\n{"a":2}\n',{},None),
    ('{"a":01}\n{"a":-007.5}\n',{'allowNumericLeadingZeros':True},None),
    ('{a:1}\n{"a":2}\n',{},None),
    ('{a:1}\n{"a":2}\n',{'allowUnquotedFieldNames':True},None),
    ('{"a":NaN}\n{"a":-Infinity}\n{"a":"NaN"}\n{"a":+INF}\n',{},"a double"),
    ('{"c":[1.5,2,"3",null]}\n{"c":[1]}\n{"c":5}\n',{},"c array<int>"),
    ('{"d":{"x":1.5,"y":2}}\n{"d":{"x":1}}\n{"d":[1]}\n{"d":null}\n',{},"d struct<x:int,y:string>"),
    ('{"a":1,"b":true,"c":[1,2.5]}\n{"a":"x"}\n',{'primitivesAsString':True},None),
    ('{"a":1}\n\n  \n{"a":2}\n',{},None),
    ('{"a":1}\nnope\n[1]\n5\n',{},None),
    ('{"a":1}\nnope\n[1]\n5\n',{'mode':'DROPMALFORMED'},None),
    ('{"a":1}\nnope\n',{'mode':'FAILFAST'},None),
    ('{"a":1}\nnope\n',{},"a int"),
    ("{'a':1}\nnope\n",{},"a int, _corrupt_record string"),
    ("{'a':1}\nnope\n",{'columnNameOfCorruptRecord':'bad'},None),
    ('{"m":{"k":1,"z":2.5}}\n{"m":{}}\n',{},"m map<string,int>"),
    ('{"t":"2024-02-29T01:02:03Z","u":"2024-02-29 01:02:03","v":1,"w":"2024-02-29"}\n',{},"t timestamp, u timestamp, v timestamp, w date"),
    ('{"t":"29/02/2024"}\n{"t":"2024-02-29"}\n',{'dateFormat':'dd/MM/yyyy'},"t date"),
    ('{"t":"29/02/2024 10:00"}\n',{'timestampFormat':'dd/MM/yyyy HH:mm'},"t timestamp"),
    ('{"x":1.10,"y":"2.5","z":12345678901234567890}\n',{},"x decimal(10,2), y decimal(10,2), z decimal(20,0)"),
    ('{"s":{"q":1}, "u":[1,{"k":2}], "v":1.0, "w":true}\n',{},"s string, u string, v string, w string"),
    ('{"i":1e3,"l":9223372036854775808,"b":"true","y":300}\n',{},"i int, l bigint, b boolean, y tinyint"),
    ('{"a":"tab\\tq\\"u\\u00e9"}\n{\'a\':\'say "hi" \\\' x\'}\n',{},None),
    ('[{"a":1},\n {"a":2}]',{'multiLine':True},None),
    ('{"a":\n1}',{'multiLine':True},None),
    ('{"a":1,}\n{"a":2}\n',{},None),
    ('{"a":1 /* c */}\n{"a":2}\n',{},None),
    ('{"a b":1,"A":2}\n',{},None),
    ('{"n":{"x":{"y":[{"z":1},{"z":null,"w":"q"}]}}}\n',{},None),
    ('{"a":null}\n{"a":null}\n',{},None),
    ('{"a":1}\n{"a":"x"}\n{"a":[1]}\n',{},None),
    ('{"a":1}\n{"a":2.5}\n{"a":12345678901234567890}\n',{},None),
    ('{"a":true}\n{"a":1}\n',{},None),
    ('{"a":"2024-01-01"}\n',{},None),
    ('{"a":1,"a":2}\n',{},"a int"),
    ('{\'a\':[1,\'x\',{"b":\'c\'}]}\n',{},"a array<string>"),
    ('{"a":1,"b":{"c":2}}\n{"a":"x","b":{"c":3}}\n{"a":null,"b":{"c":"y"}}\nbad\n', {}, "a int, b struct<c:int>, _corrupt_record string"),
    ('{"a":1}\n{"a":"x"}\n{"a":1.5}\nbad\n{"b":1}\n', {"mode": "DROPMALFORMED"}, "a int"),
    ('{"a":1}\n{"a":"x"}\n', {"mode": "FAILFAST"}, "a int"),
    ('{"a":1}\n{"a":null}\n', {"mode": "FAILFAST"}, "a int"),
    ('[{"a":1},{"a":2,"b":"x"}]\n{"a":3}\n[]\n', {}, None),
    ('[{"a":1},{"a":2}]\n[1,2]\n{"a":3}\n', {}, "a int, _corrupt_record string"),
    ('[{"a":1},{"a":2}]\n', {"mode": "DROPMALFORMED"}, None),
]


def json_files(spark):
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        for k, (body, options, schema) in enumerate(JSON_CASES):
            path = os.path.join(folder, f"{k}.json")
            with open(path, "wb") as f:
                f.write(body.encode("utf-8"))
            case = {"text": body, "options": options, **({"schema": schema} if schema else {})}
            try:
                reader = spark.read.options(**options)
                frame = (reader.schema(schema) if schema else reader).json(path).cache()
                case["output"] = frame_out(frame)
                frame.unpersist()
            except Exception as e:
                case.update({k: v.replace(folder, "DIR") for k, v in failure(e).items()})
            cases.append(case)
    return {"about": "Files are the UTF-8 bytes of `text`, read by spark.read.options(**options)[.schema(schema)].json(path).", "cases": cases}


SECTIONS = {"logistic-regression": logistic_regression, "feature": feature, "evaluation": evaluation, "telco": telco,
            "expressions": expressions, "csv": csv, "json": json_files, "trees": lambda spark: trees(spark, failure), "stat": lambda spark: stat(spark, failure, frame_out), "vector-forms": vector_forms}


def main(args):
    out = args.pop(0) if args and args[0] not in SECTIONS else HERE
    os.makedirs(out, exist_ok=True)
    spark = session()
    for name in args or SECTIONS:
        save(out, name, SECTIONS[name](spark))
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
