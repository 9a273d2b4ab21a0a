"""The section `trees` of make.py: Spark's trees, forests and boosted trees, with every node; and how good random ones are over five seeds.

Tables are in the file itself (`rows`: features, label, weight, held; `attributes` of the features), or named: a CSV file, the SQL
expressions selected from it, the columns indexed as text, and the columns assembled. A tree's nodes stand in preorder, column by column
as Spark saves them: `split` is null in a leaf, [feature, threshold] or [feature, [categories that go left], categories].
"""
import os
import tempfile

import numpy as np
import pyarrow.parquet
from pyspark.ml import classification as C, regression as R
from pyspark.ml import Pipeline
from pyspark.ml.evaluation import BinaryClassificationEvaluator, MulticlassClassificationEvaluator, RegressionEvaluator
from pyspark.ml.feature import StringIndexer, VectorAssembler
from pyspark.ml.linalg import SparseVector, Vectors, VectorUDT
from pyspark.sql import functions as F, types as T

HERE = os.path.dirname(os.path.abspath(__file__))
TABLES = os.path.join(HERE, "..", "fixtures", "tables")
TELCO = os.environ.get("TELCO_CSV", os.path.join(HERE, "..", "..", "examples", "data", "telco-churn.csv"))
#: So many of a table's first rows are scored and kept.
SCORED = 12


def numbers(**kinds):
    return {"attrs": {kind: [{"idx": int(i[1:]), "name": i, **({"num_vals": n} if n else {})} for i, n in of.items()] for kind, of in kinds.items()},
            "num_attrs": sum(len(of) for of in kinds.values())}


def made_tables():
    """Tables made here. Features have few digits, so that values repeat; weights are such that sums of them round."""
    rng = np.random.RandomState(11)
    out = {}

    def put(name, x, label, attributes=None, unseen=(), sparse=False):
        n = len(x)
        out[name] = {"sparse": sparse, "attributes": attributes, "features": np.asarray(x).tolist(), "label": [float(v) for v in label],
                     "weight": [float(v) for v in np.round(rng.randint(0, 4, n) * 0.3, 1)], "held": [bool(v) for v in rng.rand(n) < 0.3],
                     "unseen": [list(map(float, row)) for row in unseen]}

    x = np.round(rng.randn(160, 4) * [1, 10, 0.1, 0] + [0, 5, 0, 3], 1)
    put("binary", x, x[:, 0] + (x[:, 1] - 5) / 20 + 0.8 * rng.randn(160) > 0)
    x = np.round(rng.randn(210, 3) * [1, 3, 5], 1)
    score = np.column_stack([x[:, 0], x[:, 1] / 3, x[:, 2] / 10 + 0.2 * np.abs(x[:, 0])]) + 0.5 * rng.randn(210, 3)
    put("three", x, score.argmax(1))
    x = np.column_stack([rng.randint(0, 4, 180), np.round(rng.randn(180), 1), rng.randint(0, 3, 180), rng.randint(0, 2, 180), rng.randint(0, 12, 180)]).astype(float)
    effect = rng.randn(12)
    attributes = numbers(nominal={"c0": 4, "d2": 3, "f4": 13}, numeric={"b1": 0}, binary={"e3": 0})
    signal = np.where(x[:, 0] == 2, 1.5, 0) - (x[:, 2] == 1) + 0.6 * x[:, 1] + 1.5 * effect[x[:, 4].astype(int)] + 0.5 * x[:, 3]
    unseen = [[9, 0, 0, 0, 1], [0, 0, 7, 1, 5], [1, 0.5, 1, 0, 40], [2, -0.5, -1, 1, 12], [0.5, -1, 0.5, 0.5, 2.5]]
    put("categories", x, signal + 0.5 * rng.randn(180) > 0.5, attributes, unseen)
    put("categories, three classes", x, np.digitize(signal + 0.5 * rng.randn(180), [-0.3, 1.2]), attributes, unseen)
    put("categories, numbers", x, np.round(3 * signal + rng.randn(180), 2), attributes, unseen)
    x = np.round(rng.rand(150, 3) * [10, 1, 100], 2)
    put("numbers", x, np.round(np.sin(x[:, 0]) * 5 + 10 * (x[:, 1] > 0.4) + x[:, 2] / 30 + 0.5 * rng.randn(150), 2))
    x = np.where(rng.rand(140, 6) < 0.7, 0, np.round(rng.randn(140, 6) * 2, 1)) + 0.0
    put("sparse", x, x[:, 0] - x[:, 3] + np.abs(x[:, 4]) + rng.randn(140) > 0.4, sparse=True)
    return out


NAMED = {
    "telco": {"csv": "telco-churn.csv", "select": ["*", "CASE WHEN Churn = 'Yes' THEN 1.0D ELSE 0.0D END AS label", "CAST(1 + SeniorCitizen AS DOUBLE) / 10 AS weight"],
              "indexed": ["Contract", "PaymentMethod", "InternetService", "OnlineSecurity", "TechSupport", "PaperlessBilling"],
              "assembled": ["tenure", "MonthlyCharges", "Contract_ix", "PaymentMethod_ix", "InternetService_ix", "OnlineSecurity_ix", "TechSupport_ix", "PaperlessBilling_ix"]},
    "wine, quality": {"csv": "winequality-red.csv", "select": ["*", "CAST(quality AS DOUBLE) AS label", "CAST(quality - 2 AS DOUBLE) / 10 AS weight", "residual_sugar > 2.5D AS held"], "indexed": [],
                      "assembled": "fixed_acidity volatile_acidity citric_acid residual_sugar chlorides free_sulfur_dioxide total_sulfur_dioxide density pH sulphates alcohol".split()},
    "bikes": {"csv": "bike-sharing-daily.csv", "select": ["*", "CAST(cnt AS DOUBLE) AS label", "CAST(1 + workingday AS DOUBLE) / 10 AS weight", "weekday = 2 AS held"],
              "indexed": ["season", "mnth", "weekday", "weathersit"], "assembled": ["yr", "season_ix", "mnth_ix", "weekday_ix", "weathersit_ix", "temp", "atemp", "hum", "windspeed"]},
}
NAMED["wine, class"] = {**NAMED["wine, quality"], "select": ["*", "CAST(quality - 3 AS DOUBLE) AS label", "CAST(quality - 2 AS DOUBLE) / 10 AS weight"]}


def vector(x, sparse):
    return Vectors.sparse(len(x), [(j, v) for j, v in enumerate(x) if v != 0]) if sparse else Vectors.dense(x)


def made_frame(spark, t):
    meta = {"ml_attr": t["attributes"]} if t["attributes"] else {}
    schema = T.StructType([T.StructField("features", VectorUDT(), True, meta)] + [T.StructField(n, k) for n, k in
                          (("label", T.DoubleType()), ("weight", T.DoubleType()), ("held", T.BooleanType()))])
    rows = [(vector(x, t["sparse"]), t["label"][i], t["weight"][i], t["held"][i]) for i, x in enumerate(t["features"])]
    rows += [(vector(x, t["sparse"]), None, None, None) for x in t["unseen"]]
    df = spark.createDataFrame(rows, schema).coalesce(1)
    return df.where("label IS NOT NULL").cache(), df.limit(SCORED).union(df.where("label IS NULL")).coalesce(1) if t["unseen"] else df.limit(SCORED)


def named_frame(spark, t):
    path = TELCO if t["csv"] == "telco-churn.csv" else os.path.join(TABLES, t["csv"])
    df = spark.read.csv(path, header=True, inferSchema=True).coalesce(1).selectExpr(*t["select"])
    stages = [StringIndexer(inputCols=t["indexed"], outputCols=[c + "_ix" for c in t["indexed"]])] if t["indexed"] else []
    df = Pipeline(stages=stages + [VectorAssembler(inputCols=t["assembled"], outputCol="features")]).fit(df).transform(df).coalesce(1).cache()
    return df, df.limit(SCORED)


CLASSES = {name: getattr(C, name, None) or getattr(R, name) for name in
           "DecisionTreeClassifier DecisionTreeRegressor RandomForestClassifier RandomForestRegressor GBTClassifier GBTRegressor".split()}
STILL = {"bootstrap": False, "featureSubsetStrategy": "all", "numTrees": 2}


def cases():
    """name, table, estimator, params[, "errors"]"""
    dtc, dtr, rfc, rfr, gbtc, gbtr = CLASSES
    yield "defaults", "binary", dtc, {"leafCol": "leaf"}
    for impurity in ("gini", "entropy"):
        yield f"{impurity}, three classes", "three", dtc, {"impurity": impurity, "maxDepth": 4, "leafCol": "leaf"}
        yield f"{impurity}, weights", "three", dtc, {"impurity": impurity, "weightCol": "weight", "maxDepth": 4}
        yield f"{impurity}, categories", "categories", dtc, {"impurity": impurity, "maxDepth": 4}
    yield "not pruned", "binary", dtc, {"pruneTree": False, "maxDepth": 4}
    yield "minInstancesPerNode", "binary", dtc, {"minInstancesPerNode": 15}
    yield "minInstancesPerNode, weights", "binary", dtc, {"minInstancesPerNode": 15, "weightCol": "weight"}
    yield "minInfoGain", "binary", dtc, {"minInfoGain": 0.03}
    yield "minWeightFractionPerNode", "binary", dtc, {"minWeightFractionPerNode": 0.15, "weightCol": "weight"}
    yield "maxBins 2", "binary", dtc, {"maxBins": 2, "maxDepth": 3}
    yield "maxBins 5", "three", dtc, {"maxBins": 5, "maxDepth": 4}
    yield "maxBins 100, deep", "binary", dtc, {"maxBins": 100, "maxDepth": 10}
    yield "maxDepth 0", "three", dtc, {"maxDepth": 0, "leafCol": "leaf"}
    yield "thresholds", "three", dtc, {"maxDepth": 2, "thresholds": [0.7, 0.2, 0.1]}
    yield "one threshold 0", "three", dtc, {"maxDepth": 3, "thresholds": [0.5, 0.0, 0.5]}
    yield "no columns but the probability", "binary", dtc, {"maxDepth": 2, "rawPredictionCol": "", "predictionCol": ""}
    yield "categories, three classes, all ordered", "categories, three classes", dtc, {"maxBins": 13, "maxDepth": 3}
    yield "categories, three classes, some unordered", "categories, three classes", dtc, {"maxBins": 40, "maxDepth": 4}
    yield "sparse rows", "sparse", dtc, {"maxDepth": 4}
    yield "cacheNodeIds, checkpointInterval, maxMemoryInMB", "three", dtc, {"cacheNodeIds": True, "checkpointInterval": -1, "maxMemoryInMB": 1, "maxDepth": 3}
    yield "churn", "telco", dtc, {"maxDepth": 6}
    yield "churn, weights, entropy", "telco", dtc, {"maxDepth": 5, "impurity": "entropy", "weightCol": "weight"}
    yield "wine, six classes", "wine, class", dtc, {"maxDepth": 5}
    yield "defaults", "numbers", dtr, {"leafCol": "leaf", "varianceCol": "variance"}
    yield "weights", "numbers", dtr, {"weightCol": "weight", "varianceCol": "variance"}
    yield "categories", "categories, numbers", dtr, {"maxDepth": 4}
    yield "categories, weights, minInfoGain", "categories, numbers", dtr, {"maxDepth": 5, "weightCol": "weight", "minInfoGain": 0.4}
    yield "maxDepth 0", "numbers", dtr, {"maxDepth": 0, "varianceCol": "variance"}
    yield "minWeightFractionPerNode", "numbers", dtr, {"minWeightFractionPerNode": 0.2}
    yield "sparse rows", "sparse", dtr, {"maxDepth": 4}
    yield "bikes", "bikes", dtr, {"maxDepth": 6}
    yield "wine", "wine, quality", dtr, {"maxDepth": 6, "weightCol": "weight"}
    yield "no randomness", "three", rfc, {**STILL, "maxDepth": 4, "leafCol": "leaf"}
    yield "no randomness, weights, entropy", "binary", rfc, {**STILL, "impurity": "entropy", "weightCol": "weight", "maxDepth": 3}
    yield "no randomness, categories, thresholds", "categories", rfc, {**STILL, "maxDepth": 4, "thresholds": [0.3, 0.7]}
    yield "no randomness, churn", "telco", rfc, {**STILL, "maxDepth": 4}
    yield "no randomness", "numbers", rfr, {**STILL, "maxDepth": 4, "leafCol": "leaf"}
    yield "no randomness, bikes, weights", "bikes", rfr, {**STILL, "maxDepth": 4, "weightCol": "weight"}
    yield "drawn", "three", rfc, {"numTrees": 6, "maxDepth": 4, "leafCol": "leaf"}
    yield "drawn, weights, two features a node", "binary", rfc, {"numTrees": 3, "maxDepth": 3, "weightCol": "weight", "impurity": "entropy", "featureSubsetStrategy": "2"}
    yield "half of the rows drawn, categories", "categories, three classes", rfc, {"numTrees": 5, "maxDepth": 3, "bootstrap": False, "subsamplingRate": 0.5, "featureSubsetStrategy": "log2"}
    yield "drawn, churn", "telco", rfc, {"numTrees": 20, "maxDepth": 3, "seed": -7}
    yield "drawn", "numbers", rfr, {"numTrees": 4, "maxDepth": 3}
    yield "drawn, categories", "categories, numbers", rfr, {"numTrees": 3, "maxDepth": 3, "subsamplingRate": 0.6, "featureSubsetStrategy": "all"}
    yield "drawn", "binary", gbtc, {"maxIter": 4, "maxDepth": 3, "subsamplingRate": 0.7, "featureSubsetStrategy": "sqrt"}
    yield "drawn, validation", "numbers", gbtr, {"maxIter": 6, "maxDepth": 2, "subsamplingRate": 0.6, "featureSubsetStrategy": "2", "validationIndicatorCol": "held"}
    yield "defaults but few iterations", "binary", gbtc, {"maxIter": 4, "leafCol": "leaf"}
    yield "stepSize, weights", "binary", gbtc, {"maxIter": 5, "maxDepth": 3, "stepSize": 0.4, "weightCol": "weight"}
    yield "categories", "categories", gbtc, {"maxIter": 4, "maxDepth": 3}
    yield "validation", "binary", gbtc, {"maxIter": 30, "maxDepth": 3, "stepSize": 0.5, "validationIndicatorCol": "held", "validationTol": 0.01}
    yield "validation, no tolerance", "categories", gbtc, {"maxIter": 15, "maxDepth": 2, "validationIndicatorCol": "held", "validationTol": 0.0}
    yield "maxIter 1", "binary", gbtc, {"maxIter": 1, "maxDepth": 2}
    yield "thresholds", "binary", gbtc, {"maxIter": 2, "maxDepth": 2, "thresholds": [0.8, 0.2]}
    yield "churn", "telco", gbtc, {"maxIter": 6, "maxDepth": 4}
    for loss in ("squared", "absolute"):
        yield f"{loss} loss", "numbers", gbtr, {"maxIter": 4, "maxDepth": 3, "lossType": loss, "leafCol": "leaf"}
        yield f"{loss} loss, weights", "numbers", gbtr, {"maxIter": 4, "maxDepth": 3, "lossType": loss, "weightCol": "weight", "stepSize": 1.0}
        yield f"{loss} loss, validation", "numbers", gbtr, {"maxIter": 25, "maxDepth": 2, "lossType": loss, "stepSize": 0.6, "validationIndicatorCol": "held"}
    yield "categories", "categories, numbers", gbtr, {"maxIter": 4, "maxDepth": 3}
    yield "bikes", "bikes", gbtr, {"maxIter": 6, "maxDepth": 4}
    yield "wine, validation", "wine, quality", gbtr, {"maxIter": 12, "maxDepth": 3, "validationIndicatorCol": "held", "validationTol": 0.001}


def wrong_cases():
    dtc, dtr, rfc, rfr, gbtc, gbtr = CLASSES
    yield "maxBins below a feature's categories", "categories", dtc, {"maxBins": 12}
    yield "label not 0 … k - 1", "numbers", dtc, {}
    yield "three classes", "three", gbtc, {}
    yield "too few thresholds", "three", dtc, {"thresholds": [0.5, 0.5]}
    yield "weights all 0", "binary/no weight", dtc, {"weightCol": "weight"}
    yield "weights all 0", "numbers/no weight", gbtr, {"weightCol": "weight"}
    yield "negative weight", "binary/negative weight", dtc, {"weightCol": "weight"}
    yield "no row to train on", "numbers/all held", gbtr, {"validationIndicatorCol": "held"}
    yield "no row held out", "numbers/none held", gbtr, {"validationIndicatorCol": "held"}
    yield "a category beyond those declared", "categories/strange category", dtc, {}
    yield "NaN feature", "binary/nan feature", dtc, {}
    yield "infinite feature", "binary/infinite feature", dtc, {}
    yield "one row", "binary/one row", dtc, {}
    yield "one row", "numbers/one row", dtr, {}
    yield "constant features", "binary/constant features", dtc, {}
    yield "one class", "binary/one class", dtc, {}
    yield "one class", "binary/one class", gbtc, {"maxIter": 2}


def variant(t, name):
    n = len(t["label"])
    return {**t, **{"no weight": {"weight": [0.0] * n}, "negative weight": {"weight": [-1.0] * n}, "all held": {"held": [True] * n}, "none held": {"held": [False] * n},
                    "strange category": {"features": [[9.0] + t["features"][0][1:]] + t["features"][1:]},
                    "nan feature": {"features": [[float("nan")] + t["features"][0][1:]] + t["features"][1:]},
                    "infinite feature": {"features": [[float("inf")] + t["features"][0][1:]] + t["features"][1:]},
                    "one row": {"features": t["features"][:1], "label": t["label"][:1]},
                    "constant features": {"features": [t["features"][0]] * n},
                    "one class": {"label": [0.0] * n}}[name]}


def trees_of(model):
    """The nodes of each tree, as saved."""
    with tempfile.TemporaryDirectory() as folder:
        model.write().overwrite().save(folder)
        rows = pyarrow.parquet.read_table(os.path.join(folder, "data")).to_pylist()
    by_tree = {}
    for row in rows:
        by_tree.setdefault(row.get("treeID", 0), []).append(row.get("nodeData", row))
    out = []
    for _, nodes in sorted(by_tree.items()):
        nodes.sort(key=lambda node: node["id"])
        split = [None if node["leftChild"] < 0 else
                 [node["split"]["featureIndex"], node["split"]["leftCategoriesOrThreshold"][0]] if node["split"]["numCategories"] < 0 else
                 [node["split"]["featureIndex"], node["split"]["leftCategoriesOrThreshold"], node["split"]["numCategories"]] for node in nodes]
        out.append({"right": [node["rightChild"] for node in nodes], "split": split, **{k: [node[k] for node in nodes] for k in ("prediction", "impurity", "gain", "rawCount", "impurityStats")}})
    return out


def result_of(model, frame, scored, params):
    out = {"numFeatures": model.numFeatures, "featureImportances": model.featureImportances.toArray(), "toDebugString": model.toDebugString.replace(model.uid, "UID")}
    for name in ("numClasses", "depth", "numNodes", "getNumTrees", "totalNumNodes", "treeWeights"):
        if hasattr(type(model), name):
            out[name] = getattr(model, name)
    trees = trees_of(model)
    still = STILL.items() <= params.items()
    out["trees"] = trees[:1] if still else trees
    if still:
        assert all(t == trees[0] for t in trees)
    kept = [c for c in ("rawPrediction", "probability", "prediction", "leaf", "variance") if c in model.transform(scored).columns]
    for row in [model.transform(scored).select(*kept).collect()]:
        for c in kept:
            out.setdefault("scores", {})[c] = [r[c].toArray() if hasattr(r[c], "toArray") else r[c] for r in row]
    if hasattr(model, "evaluateEachIteration"):
        losses = ("squared", "absolute") if isinstance(model, R.GBTRegressionModel) else (None,)
        out["evaluateEachIteration"] = {loss or "logistic": model.evaluateEachIteration(frame, *([loss] if loss else [])) for loss in losses}
    if isinstance(model, C.RandomForestClassificationModel):
        s = model.summary
        names = "accuracy labels precisionByLabel recallByLabel weightedFalsePositiveRate objectiveHistory totalIterations".split()
        out["summary"] = {n: getattr(s, n) for n in names + (["areaUnderROC"] if model.numClasses == 2 else [])}
    return out


#: name, table, estimator, params, evaluator: fitted on 4 of 5 rows with seeds 1 … 5, judged on the others.
QUALITY = [
    ("churn, defaults", "telco", "RandomForestClassifier", {}, "areaUnderROC"),
    ("churn, half of the rows", "telco", "RandomForestClassifier", {"subsamplingRate": 0.5, "bootstrap": False, "numTrees": 30, "maxDepth": 8}, "areaUnderROC"),
    ("churn, some rows and features", "telco", "GBTClassifier", {"subsamplingRate": 0.6, "featureSubsetStrategy": "sqrt"}, "areaUnderROC"),
    ("wine classes", "wine, class", "RandomForestClassifier", {"maxDepth": 8}, "accuracy"),
    ("wine, defaults", "wine, quality", "RandomForestRegressor", {}, "rmse"),
    ("wine, deep", "wine, quality", "RandomForestRegressor", {"maxDepth": 10, "featureSubsetStrategy": "onethird", "numTrees": 30}, "rmse"),
    ("wine, half of the rows", "wine, quality", "GBTRegressor", {"subsamplingRate": 0.5, "maxDepth": 4}, "rmse"),
    ("bikes, absolute loss", "bikes", "GBTRegressor", {"subsamplingRate": 0.8, "featureSubsetStrategy": "0.6", "lossType": "absolute", "maxDepth": 4}, "rmse"),
]


def judge(metric):
    if metric == "areaUnderROC":
        return BinaryClassificationEvaluator()
    return MulticlassClassificationEvaluator(metricName=metric) if metric == "accuracy" else RegressionEvaluator(metricName=metric)


def trees(spark, failure):
    tables, frames = made_tables(), {}

    def frame_of(name):
        if name not in frames:
            base, _, how = name.partition("/")
            frames[name] = named_frame(spark, NAMED[name]) if name in NAMED else made_frame(spark, variant(tables[base], how) if how else tables[base])
        return frames[name]

    out = []
    for name, table, kind, params in list(cases()) + list(wrong_cases()):
        case = {"name": name, "table": table, "estimator": kind, "params": params}
        frame, scored = frame_of(table)
        try:
            model = CLASSES[kind](seed=1)._set(**params).fit(frame)
            case["result"] = result_of(model, frame, scored, params)
        except Exception as e:
            case.update(failure(e))
        out.append(case)
        print(kind, name, case.get("message", ""), flush=True)
    quality = []
    for name, table, kind, params, metric in QUALITY:
        frame = frame_of(table)[0].withColumn("row", F.monotonically_increasing_id()).cache()
        train, test = frame.where("row % 5 <> 0").coalesce(1).cache(), frame.where("row % 5 = 0").coalesce(1).cache()
        values = [judge(metric).evaluate(CLASSES[kind](seed=seed)._set(**params).fit(train).transform(test)) for seed in range(1, 6)]
        quality.append({"name": name, "table": table, "estimator": kind, "params": params, "metric": metric, "values": values})
        print(quality[-1], flush=True)
    about = ("Made tables stand here, of each the first %d rows and those of `unseen` are scored. Of the others the first %d. All fits have seed 1. Of a forest without "
             "randomness the first tree stands for all. quality: fitted with seeds 1 … 5 on the rows whose number is no multiple of 5, judged on the others." % (SCORED, SCORED))
    return {"about": about, "made": tables, "named": NAMED, "cases": out, "quality": quality}
