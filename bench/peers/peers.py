"""Peers of the benches: one JSON request a line on stdin, one JSON answer a line on stdout.

Request: {"task": "lr-dense", "data": DIR, "rows": N, ...}; answer: {"name", "seconds", "score", "peakMiB"}.
The first request of a task loads its data; `seconds` is the wall time of the job alone.
"""
import json
import os
import resource
import shutil
import sys
import tempfile
import time
import traceback

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # spinning barriers collapse when anything else runs
os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")

import numpy as np

CATEGORIES = (
    "gender SeniorCitizen Partner Dependents PhoneService MultipleLines InternetService OnlineSecurity OnlineBackup DeviceProtection "
    "TechSupport StreamingTV StreamingMovies Contract PaperlessBilling PaymentMethod"
).split()
NUMBERS = ["tenure", "MonthlyCharges", "TotalCharges"]
kept = {}


def once(key, make):
    if key not in kept:
        kept[key] = make()
    return kept[key]


def timed(job):
    start = time.perf_counter()
    result = job()
    return result, time.perf_counter() - start


# scikit-learn, pyarrow, DuckDB ---------------------------------------------------------------------------------------


def read_dense(request):
    import pyarrow.parquet as pq

    table = pq.read_table(f"{request['data']}/dense-{request['rows']}.parquet")
    x = np.column_stack([table[c].to_numpy() for c in table.column_names if c != "label"])
    return x, table["label"].to_numpy()


def log_loss(model, x, y, regularization):
    """The objective both sides minimise: mean log-loss + regularization / 2 · |w|²."""
    p = model.predict_proba(x)[:, 1]
    return float(-np.mean(np.where(y > 0, np.log(p), np.log1p(-p))) + regularization / 2 * (model.coef_**2).sum())


def ridge(n):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=1 / (0.01 * n), tol=1e-6, max_iter=100)


def lr_dense(request):
    x, y = once("dense", lambda: read_dense(request))
    model, seconds = timed(lambda: ridge(len(y)).fit(x, y))
    return "scikit-learn lbfgs", seconds, log_loss(model, x, y, 0.01)


def lr_parquet(request):
    def job():
        x, y = read_dense(request)
        return x, y, ridge(len(y)).fit(x, y)

    (x, y, model), seconds = timed(job)
    return "pyarrow + scikit-learn lbfgs", seconds, log_loss(model, x, y, 0.01)


def read_onehot(request):
    import pandas as pd
    import pyarrow.parquet as pq
    import scipy.sparse as sp

    frame = pq.read_table(f"{request['data']}/churn-{request['rows']}.parquet").to_pandas()
    y = (frame["Churn"] == "Yes").to_numpy(np.float64)
    n = len(frame)
    numbers = frame[NUMBERS].to_numpy(np.float64)
    parts = [sp.csr_matrix(numbers / numbers.std(0, ddof=1))]
    for c in CATEGORIES:
        codes = pd.Categorical(frame[c])
        parts.append(sp.csr_matrix((np.ones(n), (np.arange(n), codes.codes)), (n, len(codes.categories))))
    return sp.hstack(parts, "csr"), y


def lr_onehot(request):
    x, y = once("onehot", lambda: read_onehot(request))
    model, seconds = timed(lambda: ridge(len(y)).fit(x, y))
    return "scikit-learn lbfgs on CSR", seconds, log_loss(model, x, y, 0.01)


TABULAR = [f"x{j}" for j in range(28)]


def read_tabular(request):
    """The rows to train on and those held out, as tabular.ts tells them apart."""
    import pyarrow.parquet as pq

    table = pq.read_table(f"{request['data']}/tabular-{request['rows']}.parquet")
    x = np.column_stack([table[c].to_numpy() for c in TABULAR])
    y = table["label"].to_numpy()
    held = np.abs(np.floor(x[:, 0] * 1000000).astype(np.int64)) % 5 == 0
    return x[~held], y[~held], x[held], y[held]


def forest(request):
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import roc_auc_score

    x, y, x_held, y_held = once(f"tabular-{request['rows']}", lambda: read_tabular(request))
    model = RandomForestClassifier(n_estimators=20, max_depth=10, max_features="sqrt", n_jobs=2, random_state=1)
    _, seconds = timed(lambda: model.fit(x, y))
    return "scikit-learn", seconds, float(roc_auc_score(y_held, model.predict_proba(x_held)[:, 1]))


def xgboost_score(request):
    import xgboost as xgb
    from sklearn.metrics import roc_auc_score

    def fit():
        x, y, x_held, y_held = read_tabular(request)
        params = {"objective": "binary:logistic", "tree_method": "hist", "grow_policy": "lossguide", "max_leaves": 31, "max_depth": 0, "eta": 0.1, "nthread": 2}
        return xgb.train(params, xgb.QuantileDMatrix(x, y, max_bin=256, nthread=2), 100), x_held, y_held

    model, x, y = once(f"xgboost-{request['rows']}", fit)
    scores, seconds = timed(lambda: model.inplace_predict(x))
    return "XGBoost", seconds, float(roc_auc_score(y, scores))


def lightgbm_score(request):
    import lightgbm as lgb
    from sklearn.metrics import roc_auc_score

    def fit():
        x, y, x_held, y_held = read_tabular(request)
        params = {"objective": "binary", "num_leaves": 31, "learning_rate": 0.1, "max_bin": 255, "num_threads": 2, "verbose": -1}
        return lgb.train(params, lgb.Dataset(x, y), 100), x_held, y_held

    model, x, y = once(f"lightgbm-{request['rows']}", fit)
    scores, seconds = timed(lambda: model.predict(x, num_threads=2))
    return "LightGBM", seconds, float(roc_auc_score(y, scores))


def booster(peer):
    """The fit of hgb.ts by a peer: rows and labels to a function that scores."""
    if peer == "sklearn":
        from sklearn.ensemble import HistGradientBoostingClassifier

        def fit(x, y, categorical=None):
            model = HistGradientBoostingClassifier(max_iter=100, max_leaf_nodes=31, learning_rate=0.1, early_stopping=False)
            return model.fit(x, y)

        return "scikit-learn", fit, lambda model, x: model.predict_proba(x)[:, 1]
    if peer == "xgboost":
        import xgboost as xgb

        params = {"objective": "binary:logistic", "tree_method": "hist", "grow_policy": "lossguide", "max_leaves": 31, "max_depth": 0}
        params |= {"eta": 0.1, "nthread": 2, "min_child_weight": 1}
        fit = lambda x, y, categorical=None: xgb.train(params, xgb.QuantileDMatrix(x, y, max_bin=256, nthread=2), 100)
        return "XGBoost", fit, lambda model, x: model.inplace_predict(x)
    import lightgbm as lgb

    params = {"objective": "binary", "num_leaves": 31, "learning_rate": 0.1, "max_bin": 255, "min_data_in_leaf": 20, "num_threads": 2}
    params |= {"verbose": -1, "use_quantized_grad": peer == "lightgbm-quantized"}
    fit = lambda x, y, categorical="auto": lgb.train(params, lgb.Dataset(x, y, categorical_feature=categorical), 100)
    return "LightGBM" + (", quantized gradients" if params["use_quantized_grad"] else ""), fit, lambda model, x: model.predict(x)


def hgb(request):
    from sklearn.metrics import roc_auc_score

    x, y, x_held, y_held = once(f"tabular-{request['rows']}", lambda: read_tabular(request))
    name, fit, score = booster(request["peer"])
    model, seconds = timed(lambda: fit(x, y))
    return name, seconds, float(roc_auc_score(y_held, score(model, x_held)))


def hgb_parquet(request):
    from sklearn.metrics import roc_auc_score

    name, fit, score = booster(request["peer"])
    folder = tempfile.mkdtemp()

    def job():
        x, y, x_held, y_held = read_tabular(request)
        model = fit(x, y)
        model.save_model(folder + "/model.txt")
        return model, x_held, y_held

    (model, x_held, y_held), seconds = timed(job)
    shutil.rmtree(folder)
    return "pyarrow + " + name, seconds, float(roc_auc_score(y_held, score(model, x_held)))


def read_churn(request):
    import pandas as pd
    import pyarrow.parquet as pq

    frame = pq.read_table(f"{request['data']}/churn-{request['rows']}.parquet").to_pandas()
    y = (frame["Churn"] == "Yes").to_numpy(np.float64)
    held = frame["customerID"].astype(np.int64).to_numpy() % 5 == 0
    x = np.column_stack([frame[NUMBERS].to_numpy(np.float64)] + [pd.Categorical(frame[c]).codes for c in CATEGORIES]).astype(np.float64)
    return x[~held], y[~held], x[held], y[held]


def hgb_churn(request):
    from sklearn.metrics import roc_auc_score

    x, y, x_held, y_held = once("churn", lambda: read_churn(request))
    name, fit, score = booster("lightgbm")
    model, seconds = timed(lambda: fit(x, y, list(range(len(NUMBERS), x.shape[1]))))
    return name, seconds, float(roc_auc_score(y_held, score(model, x_held)))


def duckdb_rewrite(request):
    import duckdb

    out = tempfile.mkdtemp() + "/out.parquet"
    source = request["path"]
    db = duckdb.connect(config={"threads": 2})
    query = f"COPY (SELECT customerID, probability, prediction FROM read_parquet('{source}')) TO '{out}' (FORMAT parquet, COMPRESSION snappy)"
    _, seconds = timed(lambda: db.execute(query))
    shutil.rmtree(os.path.dirname(out))
    return "DuckDB rewriting the columns", seconds, None


# Spark ---------------------------------------------------------------------------------------------------------------


def spark(request):
    """A session of this process, or one on the Spark Connect server of the request's address."""

    def start():
        from pyspark.sql import SparkSession

        if "address" in request:
            return SparkSession.builder.remote(request["address"]).create()
        session = (
            SparkSession.builder.master("local[2]")
            .config("spark.driver.memory", "6g")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "2")
            .getOrCreate()
        )
        session.sparkContext.setLogLevel("ERROR")
        return session

    return once("spark", start)


def churn_pipeline(estimator):
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import OneHotEncoder, StringIndexer, VectorAssembler

    indexed, encoded = [c + "_ix" for c in CATEGORIES], [c + "_vec" for c in CATEGORIES]
    return Pipeline(
        stages=[
            StringIndexer(inputCols=CATEGORIES, outputCols=indexed, handleInvalid="keep"),
            StringIndexer(inputCol="Churn", outputCol="label", handleInvalid="skip"),
            OneHotEncoder(inputCols=indexed, outputCols=encoded),
            VectorAssembler(inputCols=NUMBERS + encoded, outputCol="features"),
            estimator,
        ]
    )


def telco(request):
    def read():
        session = spark(request)
        from pyspark.sql import functions as F

        frame = session.read.csv(request["telco"], header=True, inferSchema=True)
        frame = (
            frame.withColumn("TotalCharges", F.coalesce(F.expr("try_cast(TotalCharges as double)"), F.lit(0.0)))
            .withColumn("SeniorCitizen", F.col("SeniorCitizen").cast("string"))
            .withColumn("fold", F.expr("cast(substr(customerID, 1, 4) as int) % 3"))
            .cache()
        )
        frame.count()
        return frame

    return once("telco", read)


def churn_fit(request):
    frame = telco(request)
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.evaluation import BinaryClassificationEvaluator

    train, test = once("split", lambda: [f.cache() for f in (frame.where("fold != 0"), frame.where("fold = 0"))])
    train.count()
    test.count()
    model, seconds = timed(lambda: churn_pipeline(LogisticRegression(regParam=0.01)).fit(train))
    return "Spark 4.3 local[2]", seconds, BinaryClassificationEvaluator().evaluate(model.transform(test))


def searched(frame, elastic):
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.evaluation import BinaryClassificationEvaluator
    from pyspark.ml.tuning import CrossValidator, ParamGridBuilder

    lr = LogisticRegression()
    grid = ParamGridBuilder().addGrid(lr.regParam, [0.001, 0.01, 0.1]).addGrid(lr.elasticNetParam, [float(a) for a in elastic]).build()
    search = CrossValidator(
        estimator=churn_pipeline(lr), estimatorParamMaps=grid, evaluator=BinaryClassificationEvaluator(), numFolds=3, foldCol="fold", parallelism=2
    )
    model, seconds = timed(lambda: search.fit(frame))
    return seconds, [float(m) for m in model.avgMetrics]


def cv(request):
    return "Spark 4.3 local[2]", *searched(telco(request), request["elastic"])


def scored_model(request):
    frame = spark(request).read.parquet(f"{request['data']}/churn-{request['rows']}.parquet")
    from pyspark.ml.classification import LogisticRegression

    return once("model", lambda: churn_pipeline(LogisticRegression(regParam=0.01)).fit(frame.limit(100_000).cache())), frame


def batch_score(request):
    model, frame = scored_model(request)
    out = tempfile.mkdtemp() + "/scored"
    _, seconds = timed(lambda: model.transform(frame).select("customerID", "probability", "prediction").write.parquet(out))
    shutil.rmtree(os.path.dirname(out))
    return "Spark 4.3 local[2]", seconds, None


def gbt(request):
    from pyspark.ml.classification import GBTClassifier
    from pyspark.ml.evaluation import BinaryClassificationEvaluator
    from pyspark.ml.feature import VectorAssembler

    def read():
        frame = spark(request).read.parquet(f"{request['data']}/tabular-{request['rows']}.parquet")
        held = "abs(CAST(floor(x0 * 1000000) AS BIGINT)) % 5 = 0"
        frame = VectorAssembler(inputCols=TABULAR, outputCol="features").transform(frame)
        train, test = (frame.where(f).select("features", "label").cache() for f in (f"NOT ({held})", held))
        train.count(), test.count()
        return train, test

    train, test = once(f"tabular-spark-{request['rows']}", read)
    model, seconds = timed(lambda: GBTClassifier(maxIter=20, maxDepth=5, seed=1).fit(train))
    return "Spark 4.3 local[2]", seconds, BinaryClassificationEvaluator().evaluate(model.transform(test))


def row_score(request):
    model, frame = scored_model(request)
    one = once("one", lambda: spark(request).createDataFrame(frame.limit(1).collect(), frame.schema))
    times = sorted(timed(lambda: model.transform(one).select("prediction").collect())[1] for _ in range(9))
    return "Spark 4.3 local[2]", times[4], None


def load(request):
    model, _ = scored_model(request)
    from pyspark.ml import PipelineModel

    folder = once("saved", lambda: tempfile.mkdtemp() + "/model")
    if not os.path.exists(folder):
        model.save(folder)
    _, seconds = timed(lambda: PipelineModel.load(folder))
    return "Spark 4.3 local[2]", seconds, None


CONNECT = "PySpark Connect 4.3"


def connect_fit(request):
    frame = telco(request)
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.evaluation import BinaryClassificationEvaluator

    model, seconds = timed(lambda: churn_pipeline(LogisticRegression(regParam=0.01)).fit(frame))
    return CONNECT, seconds, BinaryClassificationEvaluator().evaluate(model.transform(frame))


def connect_cv(request):
    return CONNECT, *searched(telco(request), request["elastic"])


def connect_collect(request):
    def read():
        frame = spark(request).sql(request["query"]).cache()
        frame.count()
        return frame

    table, seconds = timed(once("collected", read).toArrow)
    return CONNECT, seconds, table.num_rows


def connect_upload(request):
    import pyarrow as pa

    rng = np.random.default_rng(request["run"])
    table = pa.table({f"x{j}": rng.standard_normal(request["rows"]) for j in range(10)})
    session = spark(request)
    rows, seconds = timed(lambda: session.createDataFrame(table).count())
    session.stop()
    del kept["spark"]
    return CONNECT, seconds, rows


TASKS = {
    "lr-dense": lr_dense,
    "lr-parquet": lr_parquet,
    "lr-onehot": lr_onehot,
    "forest": forest,
    "xgboost-score": xgboost_score,
    "lightgbm-score": lightgbm_score,
    "hgb": hgb,
    "hgb-parquet": hgb_parquet,
    "hgb-churn": hgb_churn,
    "gbt": gbt,
    "duckdb-rewrite": duckdb_rewrite,
    "churn-fit": churn_fit,
    "cv": cv,
    "connect-fit": connect_fit,
    "connect-cv": connect_cv,
    "connect-collect": connect_collect,
    "connect-upload": connect_upload,
    "batch-score": batch_score,
    "row-score": row_score,
    "load": load,
}


def peak_mib():
    """Peak resident memory of this process, or of the JVM behind it where that is more (Linux; elsewhere this process alone)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for child in children(os.getpid()):
        try:
            with open(f"/proc/{child}/status") as status:
                peak = max([peak, *(int(line.split()[1]) for line in status if line.startswith("VmHWM"))])
        except OSError:
            pass
    return round(peak / 1024)


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as listing:
            direct = [int(child) for child in listing.read().split()]
    except OSError:
        return []
    return direct + [below for child in direct for below in children(child)]


def main():
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not mix with the answers
    for line in sys.stdin:
        request = json.loads(line)
        try:
            name, seconds, score = TASKS[request["task"]](request)
            answer = {"name": name, "seconds": seconds, "score": score, "peakMiB": peak_mib()}
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    main()
