"""What LightGBM reaches on real tables, for the quality tests of HistGradientBoosting.

    python test/goldens/boosting-quality.py [OUT]

Made with lightgbm 4.7.0, scikit-learn 1.9.1, pandas 3.1.1, Python 3.11, two threads. Every fifth row (0, 5, 10 …) is tested on, the others train. Settings are LightGBM's defaults and
those of PARAMS; text columns are categories, blanks are missing. The file holds one number a table and metric: no value of the tables themselves.
"""
import json
import os
import sys

import lightgbm
import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, mean_absolute_error, mean_pinball_loss, mean_poisson_deviance, roc_auc_score, root_mean_squared_error

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "../..")
PARAMS = {"num_iterations": 100, "learning_rate": 0.1, "num_leaves": 31, "min_data_in_leaf": 20, "verbose": -1, "num_threads": 2, "deterministic": True, "seed": 1}


def table(path):
    frame = pd.read_csv(os.path.join(ROOT, path), keep_default_na=False, na_values=["", " "])
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            frame[name] = frame[name].astype("category")
    return frame


def scores(frame, label, drop=(), **params):
    test = np.arange(len(frame)) % 5 == 0
    x = frame.drop(columns=[label, *drop])
    data = lightgbm.Dataset(x[~test], frame[label][~test])
    model = lightgbm.train({**PARAMS, **params}, data)
    return np.asarray(frame[label][test]), model.predict(x[test])


def main(out):
    result = {"versions": {"lightgbm": lightgbm.__version__}}
    telco = table("examples/data/telco-churn.csv")
    telco["SeniorCitizen"] = telco["SeniorCitizen"].astype("category")
    telco["Churn"] = (telco["Churn"] == "Yes").astype(int)
    y, p = scores(telco, "Churn", ["customerID"], objective="binary")
    result["telco"] = {"areaUnderROC": roc_auc_score(y, p), "logLoss": log_loss(y, p)}

    housing = table("examples/data/california-housing.csv")
    for name, objective in {"squared": "regression", "absolute": "regression_l1", "huber": "huber", "gamma": "gamma"}.items():
        y, p = scores(housing, "median_house_value", objective=objective, alpha=50_000)
        result[f"housing-{name}"] = {"rmse": root_mean_squared_error(y, p), "mae": mean_absolute_error(y, p)}
    y, p = scores(housing, "median_house_value", objective="quantile", alpha=0.8)
    result["housing-quantile"] = {"pinball": mean_pinball_loss(y, p, alpha=0.8)}

    abalone = table("test/fixtures/tables/abalone.csv")
    for name in ["poisson", "tweedie"]:
        y, p = scores(abalone, "rings", objective=name)
        result[f"abalone-{name}"] = {"poissonDeviance": mean_poisson_deviance(y, p), "rmse": root_mean_squared_error(y, p)}
    abalone["ages"] = pd.cut(abalone["rings"], [0, 7, 9, 11, 99], labels=False)
    y, p = scores(abalone, "ages", ["rings"], objective="multiclass", num_class=4)
    result["abalone-ages"] = {"logLoss": log_loss(y, p), "accuracy": float(np.mean(np.argmax(p, axis=1) == y))}

    wine = table("test/fixtures/tables/winequality-red.csv")
    y, p = scores(wine, "quality", objective="regression", min_data_in_leaf=10)
    result["wine"] = {"rmse": root_mean_squared_error(y, p)}

    bikes = table("test/fixtures/tables/bike-sharing-daily.csv")
    for at, name in enumerate(["temp", "hum", "windspeed"]):
        bikes.loc[(np.arange(len(bikes)) * 7 + at) % 3 == 0, name] = np.nan
    bikes["weathersit"] = bikes["weathersit"].astype("category")
    y, p = scores(bikes, "cnt", ["instant", "dteday", "atemp", "casual", "registered"], objective="poisson")
    result["bikes"] = {"poissonDeviance": mean_poisson_deviance(y, p), "rmse": root_mean_squared_error(y, p)}

    with open(os.path.join(out, "boosting-quality.json"), "w") as file:
        json.dump(result, file, indent=1)
        file.write("\n")


main(sys.argv[1] if len(sys.argv) > 1 else HERE)
