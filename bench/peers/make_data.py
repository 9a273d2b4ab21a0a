"""Seeded benchmark tables as Parquet: python make_data.py OUT_DIR NAME ROWS

dense   ROWS x 50 standard normal doubles f0 .. f49 and `label` 0/1 from a noisy linear rule
tabular ROWS x 28 doubles x0 .. x27, `label` 0/1 and `target` from a rule with interactions
churn   ROWS x 20 columns shaped like the Telco table (an id, 16 texts, 3 numbers) and `Churn` Yes/No
"""
import os
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

BATCH = 1_000_000


def dense(n, rng):
    weights = None
    for start in range(0, n, BATCH):
        m = min(BATCH, n - start)
        x = rng.standard_normal((m, 50))
        if weights is None:
            weights = rng.standard_normal(50) * (rng.random(50) < 0.6)
        y = (x @ weights * 0.5 + 0.3 + rng.logistic(size=m) > 0).astype(np.float64)
        yield pa.table({**{f"f{j}": x[:, j] for j in range(50)}, "label": y})


def tabular(n, rng):
    for start in range(0, n, BATCH):
        m = min(BATCH, n - start)
        x = rng.standard_normal((m, 28))
        x[:, 7:14] = np.exp(x[:, 7:14] * 0.7)
        x[:, 14:18] = np.floor(np.abs(x[:, 14:18]) * 2)
        score = np.sin(x[:, 0] * 2) + x[:, 1] * x[:, 2] + (x[:, 3] > 0.5) * x[:, 4] - np.log1p(x[:, 7]) * x[:, 8] * 0.5
        score += (x[:, 14] == 1) * 1.2 - (x[:, 15] > 2) * x[:, 5] + 0.4 * x[:, 6] ** 2 + 0.2 * x[:, 9] - 0.6
        label = (score + rng.logistic(size=m) > 0).astype(np.float64)
        yield pa.table({**{f"x{j}": x[:, j] for j in range(28)}, "label": label, "target": score + rng.standard_normal(m)})


def churn(n, rng):
    for start in range(0, n, BATCH):
        yield churn_rows(start, min(BATCH, n - start), rng)


def churn_rows(start, n, rng):
    def pick(values, p=None):
        return np.asarray(values, dtype=object)[rng.choice(len(values), n, p=p)]

    yes_no, service = ["No", "Yes"], ["No", "Yes", "No internet service"]
    tenure = rng.integers(0, 73, n)
    monthly = np.round(18.25 + rng.gamma(2.2, 21, n).clip(0, 100), 2)
    total = np.round(monthly * tenure * rng.normal(1, 0.03, n), 2)
    contract = pick(["Month-to-month", "One year", "Two year"], [0.55, 0.21, 0.24])
    internet = pick(["DSL", "Fiber optic", "No"], [0.34, 0.44, 0.22])
    payment = pick(
        ["Electronic check", "Mailed check", "Bank transfer (automatic)", "Credit card (automatic)"], [0.34, 0.23, 0.22, 0.21]
    )
    services = ["OnlineSecurity", "OnlineBackup", "DeviceProtection", "TechSupport", "StreamingTV", "StreamingMovies"]
    columns = {
        "customerID": np.array([f"{i:010d}" for i in range(start, start + n)], dtype=object),
        "gender": pick(["Female", "Male"]),
        "SeniorCitizen": pick(["0", "1"], [0.84, 0.16]),
        "Partner": pick(yes_no),
        "Dependents": pick(yes_no, [0.7, 0.3]),
        "tenure": tenure.astype(np.int32),
        "PhoneService": pick(yes_no, [0.1, 0.9]),
        "MultipleLines": pick(["No", "Yes", "No phone service"], [0.48, 0.42, 0.1]),
        "InternetService": internet,
        **{c: pick(service, [0.45, 0.33, 0.22]) for c in services},
        "Contract": contract,
        "PaperlessBilling": pick(yes_no, [0.41, 0.59]),
        "PaymentMethod": payment,
        "MonthlyCharges": monthly,
        "TotalCharges": total,
    }
    score = (
        -0.04 * tenure
        + 0.012 * monthly
        + 1.1 * (contract == "Month-to-month")
        - 0.9 * (contract == "Two year")
        + 0.8 * (internet == "Fiber optic")
        + 0.5 * (payment == "Electronic check")
        + 0.3 * (columns["SeniorCitizen"] == "1")
        - 1.2
    )
    columns["Churn"] = np.where(score + rng.logistic(size=n) > 0, "Yes", "No").astype(object)
    return pa.table(columns)


def main():
    out, name, rows = sys.argv[1], sys.argv[2], int(float(sys.argv[3]))
    os.makedirs(out, exist_ok=True)
    path = f"{out}/{name}-{rows}.parquet"
    if os.path.exists(path):
        return
    writer = None
    for table in {"dense": dense, "tabular": tabular, "churn": churn}[name](rows, np.random.default_rng(7)):
        writer = writer or pq.ParquetWriter(path + ".partial", table.schema, compression="zstd")
        writer.write_table(table, row_group_size=122_880)
    writer.close()
    os.rename(path + ".partial", path)


if __name__ == "__main__":
    main()
