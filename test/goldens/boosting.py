"""Models of LightGBM and XGBoost with what they predict, and the check that LightGBM loads and scores what we export.

    python test/goldens/boosting.py [OUT]      makes the models and predictions anew (default: boosting/ in this folder)
    python test/goldens/boosting.py --check    exports every model by dist/ and scores the texts with LightGBM

Made with lightgbm 4.7.0, xgboost 3.2.0, numpy 2.4, Python 3.11 on one thread. NaN and the infinities are texts in the JSON. Rows hold missing values, zeros, unseen
categories, and values that stand on thresholds or a rounding error beside them.
"""
import json
import math
import os
import subprocess
import sys
import tempfile

import lightgbm as lgb
import numpy as np
import xgboost as xgb

HERE = os.path.dirname(os.path.abspath(__file__))
N = 500
QUERIES = [N // 4] * 4
FEATURES = ["age", "city", "income", "tiny", "zip"]
COMMON = {"num_leaves": 7, "learning_rate": 0.3, "min_data_in_leaf": 10, "verbose": -1, "num_threads": 1, "seed": 3, "deterministic": True, "force_row_wise": True}
# Few rows a group: many levels of a feature take part.
CATEGORIES = {"min_data_per_group": 5, "cat_smooth": 1}


def table():
    rng = np.random.default_rng(11)
    x = np.column_stack([
        rng.normal(40, 12, N), rng.integers(0, 7, N), rng.exponential(3, N), rng.choice([0.0, 0.0, 1e-3, -2.0, 5.0], N), rng.integers(0, 70, N),
    ]).astype(np.float64)
    x[rng.random(x.shape) < 0.12] = np.nan
    z = np.nan_to_num(x)
    score = (z[:, 0] - 40) / 12 + 2 * np.isin(z[:, 1], [1, 4, 6]) - 0.3 * z[:, 2] + np.sin(z[:, 4]) + 0.5 * (z[:, 3] == 0) - 0.8 * np.isnan(x[:, 0])
    return x, score + rng.normal(0, 0.5, N)


def rows_for(x, thresholds, categories):
    """Rows to score: some of the table, and for each feature values on and around the model's thresholds."""
    rng = np.random.default_rng(5)
    rows = list(x[:25].copy())
    for j, values in thresholds.items():
        for v in [v for v in values if abs(v) < 1e38][:3]:
            f = np.float32(v)
            for w in [v, np.nextafter(v, -np.inf), np.nextafter(v, np.inf), float(f), float(np.nextafter(f, np.float32(-np.inf))),
                      (float(f) + float(np.nextafter(f, np.float32(-np.inf)))) / 2]:
                row = x[rng.integers(0, N)].copy()
                row[j] = w
                rows.append(row)
    for city, code in categories:
        row = x[3].copy()
        row[1], row[4] = city, code
        rows.append(row)
    rows.append(np.full(len(FEATURES), np.nan))
    rows.append(np.zeros(len(FEATURES)))
    return np.array(rows)


def plain(a):
    if isinstance(a, np.ndarray):
        return [plain(v) for v in a]
    v = float(a)
    return "NaN" if math.isnan(v) else v if math.isfinite(v) else "Infinity" if v > 0 else "-Infinity"


def targets(score):
    positive = np.exp(score / 3)
    return {
        "binary": (score > 0).astype(float), "multiclass": np.digitize(score, [-1, 1]).astype(float), "number": score, "positive": positive,
        "count": np.floor(positive * 2), "share": 1 / (1 + np.exp(-score)), "time": np.where(score > 0, positive, -positive),
    }


LIGHTGBM = {
    "binary": ("binary", {"objective": "binary", **CATEGORIES}),
    "binary-zero-missing": ("binary", {"objective": "binary", "zero_as_missing": True, **CATEGORIES}),
    "binary-no-missing": ("binary", {"objective": "binary", "use_missing": False, "sigmoid": 1.7}),
    "multiclass": ("multiclass", {"objective": "multiclass", "num_class": 3, "num_leaves": 4}),
    "regression": ("number", {"objective": "regression"}),
    "l1": ("number", {"objective": "regression_l1"}),
    "huber": ("number", {"objective": "huber", "alpha": 0.7}),
    "quantile": ("number", {"objective": "quantile", "alpha": 0.3}),
    "poisson": ("count", {"objective": "poisson"}),
    "gamma": ("positive", {"objective": "gamma"}),
    "tweedie": ("positive", {"objective": "tweedie", "tweedie_variance_power": 1.3}),
    "forest": ("binary", {"objective": "binary", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}),
    "dart": ("binary", {"objective": "binary", "boosting": "dart", "drop_rate": 0.9, "skip_drop": 0.0}),
    "constant": ("number", {"objective": "regression", "min_data_in_leaf": 1000}),
    "fair": ("number", {"objective": "fair"}),
    "mape": ("positive", {"objective": "mape"}),
    "ova": ("multiclass", {"objective": "multiclassova", "num_class": 3, "sigmoid": 1.3, "num_leaves": 4}),
    "xentropy": ("share", {"objective": "cross_entropy"}),
    "xentropy-lambda": ("share", {"objective": "cross_entropy_lambda"}),
    "rank": ("multiclass", {"objective": "lambdarank"}),
    "sqrt": ("number", {"objective": "regression", "reg_sqrt": True}),
    "sqrt-quantile": ("number", {"objective": "quantile", "alpha": 0.3, "reg_sqrt": True}),
    "custom": ("number", {"objective": lambda scores, data: (scores - data.get_label(), np.ones(N))}),
}


def make_lightgbm(name):
    target, params = LIGHTGBM[name]
    x, score = table()
    params = {**COMMON, **params}
    data = lgb.Dataset(x, targets(score)[target], feature_name=FEATURES, categorical_feature=[1, 4], params=params, group=QUERIES if name == "rank" else None)
    booster = lgb.train(params, data, 4)
    thresholds = {}
    for tree in booster.dump_model()["tree_info"]:
        stack = [tree["tree_structure"]]
        while stack:
            node = stack.pop()
            if "split_index" not in node:
                continue
            if node["decision_type"] == "<=":
                thresholds.setdefault(node["split_feature"], []).append(node["threshold"])
            stack += [node["left_child"], node["right_child"]]
    rows = rows_for(x, thresholds, [(c, c) for c in (7, 31, 32, 69, 70, 95, 96, 300, np.nan, 4.5, -0.5, -1)])
    # LightGBM takes what is next to 0 for 0.
    more = np.array([[v] * len(FEATURES) for v in (np.inf, -np.inf, 1e-36, -1e-36, float(np.float32(1e-35)))])
    more[:, [1, 4]] = 2
    rows = np.vstack([rows, more])
    return booster.model_to_string(), rows, lambda model, r: (
        model.predict(r, raw_score=True), model.predict(r), model.predict(r, pred_contrib=True))


XGBOOST = {
    "logistic": ("binary", {"objective": "binary:logistic", "max_cat_to_onehot": 1}),
    "onehot": ("binary", {"objective": "binary:logistic", "max_cat_to_onehot": 100}),
    "softprob": ("multiclass", {"objective": "multi:softprob", "num_class": 3, "num_parallel_tree": 2, "subsample": 0.5, "max_depth": 2}),
    "squared": ("number", {"objective": "reg:squarederror"}),
    "absolute": ("number", {"objective": "reg:absoluteerror"}),
    "huber": ("number", {"objective": "reg:pseudohubererror", "huber_slope": 2.0}),
    "quantile": ("number", {"objective": "reg:quantileerror", "quantile_alpha": 0.3}),
    "poisson": ("count", {"objective": "count:poisson"}),
    "gamma": ("positive", {"objective": "reg:gamma"}),
    "tweedie": ("positive", {"objective": "reg:tweedie", "tweedie_variance_power": 1.3}),
    "dart": ("binary", {"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.9}),
    "hinge": ("binary", {"objective": "binary:hinge"}),
    "logitraw": ("binary", {"objective": "binary:logitraw"}),
    "share": ("share", {"objective": "reg:logistic"}),
    "squaredlog": ("positive", {"objective": "reg:squaredlogerror"}),
    "rank": ("binary", {"objective": "rank:ndcg"}),
    "cox": ("time", {"objective": "survival:cox"}),
    "aft": ("positive", {"objective": "survival:aft"}),
}
TYPES = ["q", "c", "q", "q", "c"]
# Saved in XGBoost's binary form too.
UBJSON = [("xgboost", "logistic"), ("xgboost", "dart")]


def make_xgboost(name):
    target, params = XGBOOST[name]
    x, score = table()
    matrix = lambda rows: xgb.DMatrix(rows, feature_names=FEATURES, feature_types=TYPES, enable_categorical=True)
    data = matrix(x)
    data.set_label(targets(score)[target])
    if name == "rank":
        data.set_group(QUERIES)
    if name == "aft":
        data.set_float_info("label_lower_bound", targets(score)[target])
        data.set_float_info("label_upper_bound", 2 * targets(score)[target])
    booster = xgb.train({"max_depth": 3, "eta": 0.3, "nthread": 1, "seed": 3, "tree_method": "hist", **params}, data, 3)
    text = booster.save_raw("json").decode()
    model = json.loads(text)["learner"]["gradient_booster"]
    thresholds = {}
    for tree in model.get("gbtree", model)["model"]["trees"]:
        for left, feature, value, kind in zip(tree["left_children"], tree["split_indices"], tree["split_conditions"], tree["split_type"]):
            if left != -1 and kind == 0:
                thresholds.setdefault(feature, []).append(value)
    # XGBoost sends any category left that is in no set, wherever missing values go.
    return text, rows_for(x, thresholds, [(7, 69), (31, 70), (9, 95), (6, 68), (12, 300), (5.5, 2.75), (np.nan, 400), (900, np.nan), (np.nan, np.nan)]), lambda model, r: (
        model.predict(matrix(r), output_margin=True), model.predict(matrix(r)), model.predict(matrix(r), pred_contribs=True)), booster


def make(out):
    os.makedirs(out, exist_ok=True)
    for family, cases in (("lightgbm", LIGHTGBM), ("xgboost", XGBOOST)):
        for name in cases:
            made = make_lightgbm(name) if family == "lightgbm" else make_xgboost(name)
            text, rows, predict = made[:3]
            model = lgb.Booster(model_str=text) if family == "lightgbm" else made[3]
            raw, prediction, contributions = predict(model, rows)
            with open(os.path.join(out, f"{family}-{name}.{'txt' if family == 'lightgbm' else 'json'}"), "w") as f:
                f.write(text)
            if (family, name) in UBJSON:
                with open(os.path.join(out, f"{family}-{name}.ubj"), "wb") as f:
                    f.write(model.save_raw("ubj"))
            contributions = contributions.reshape(len(rows), -1)
            golden = {"rows": plain(rows), "raw": plain(np.asarray(raw)), "prediction": plain(np.asarray(prediction)), "contributions": plain(contributions[:12])}
            with open(os.path.join(out, f"{family}-{name}.golden.json"), "w") as f:
                json.dump(golden, f, separators=(",", ":"))


EXPORT = """
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { HistGradientBoostingClassificationModel as C } from '%(root)s/dist/classification/index.js';
import { HistGradientBoostingRegressionModel as R } from '%(root)s/dist/regression/index.js';
for (const file of readdirSync('%(goldens)s').filter((name) => !name.endsWith('.ubj'))) {
  const [, family, name] = /^(lightgbm|xgboost)-(.*)[.](?:txt|json)$/.exec(file.replace('.golden.json', '')) ?? [];
  if (!family) continue;
  const text = readFileSync('%(goldens)s/' + file, 'utf8');
  const read = (Class) => (family === 'lightgbm' ? Class.fromLightGBM(text) : Class.fromXGBoost(text));
  let model;
  try { model = read(R); } catch { model = read(C); }
  if (name !== 'hinge') writeFileSync('%(out)s/' + family + '-' + name + '.txt', model.toLightGBM());
}
"""


def check():
    goldens = os.path.join(HERE, "boosting")
    with tempfile.TemporaryDirectory() as out:
        script = EXPORT % {"root": os.path.dirname(os.path.dirname(HERE)), "goldens": goldens, "out": out}
        subprocess.run(["node", "--input-type=module", "-e", script], check=True)
        worst = 0
        for file in sorted(os.listdir(out)):
            with open(os.path.join(goldens, file.replace(".txt", ".golden.json"))) as f:
                golden = json.load(f)
            # LightGBM cannot tell the least numbers from 0, nor categories beyond twice those that XGBoost's splits know from missing ones; its raw scores are before the
            # slope of its sigmoid and the mean of a forest, ours behind.
            rows = np.array([[float(v) for v in row] for row in golden["rows"]])
            lost = np.any((rows != 0) & (np.abs(rows) < 1e-30), axis=1) | np.any(rows[:, [1, 4]] >= 300, axis=1)
            kept = ~lost | file.startswith("lightgbm")
            model = lgb.Booster(model_file=os.path.join(out, file))
            scaled = file in ("lightgbm-binary-no-missing.txt", "lightgbm-forest.txt", "lightgbm-ova.txt")
            error = max(np.max(np.abs(model.predict(rows, raw_score=raw) - np.array(golden[key], dtype=float))[kept])
                        for raw, key in ((True, "raw"), (False, "prediction")) if not (scaled if raw else "logitraw" in file))
            shap = 0 if scaled else np.max(np.abs(model.predict(rows[:12], pred_contrib=True) - np.array(golden["contributions"], dtype=float)))
            print(f"{file}: scores differ by {error:.1e}, contributions by {shap:.1e}")
            worst = max(worst, error, shap)
        sys.exit(0 if worst < 1e-6 else 1)


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        check()
    make(sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "boosting"))
