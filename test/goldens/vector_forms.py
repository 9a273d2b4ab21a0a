"""The section `vector-forms` of make.py: whether stages put out dense or sparse vectors, row by row.

Rows are [a, b, v, k]; each case is a list of stages, of which the last puts out `out`.
"""
from pyspark.ml import Pipeline
from pyspark.ml.feature import Binarizer, MinMaxScaler, OneHotEncoder, StandardScaler, VectorAssembler
from pyspark.ml.linalg import Vectors as V

ROWS = [[1.0, 0.0, V.dense([1.0, 0.0, 5.0, 0.0, 0.0]), 0.0], [2.0, 0.0, V.sparse(5, [1], [2.0]), 1.0],
        [0.0, 0.0, V.sparse(5, [0, 1, 2, 3], [1.0, 2.0, 5.0, 0.0]), 2.0], [0.0, 3.0, V.dense([0.0, 0.0, 5.0, 0.0, 0.0]), 3.0],
        [4.0, 1.0, V.sparse(5, [], []), 4.0], [4.0, 1.0, V.sparse(5, [2], [5.0]), 4.0]]
HOT = ["OneHotEncoder", {"inputCols": ["k"], "outputCols": ["hot"]}]
BOTH = ["VectorAssembler", {"inputCols": ["a", "hot", "b"], "outputCol": "x"}]


def assembler(*inputs):
    return ["VectorAssembler", {"inputCols": list(inputs), "outputCol": "out"}]


def scaler(kind, column, out="out", **params):
    return [kind, {"inputCol": column, "outputCol": out, **params}]


CASES = {
    "one-hot": [["OneHotEncoder", {"inputCols": ["k"], "outputCols": ["out"]}]],
    "assembler over a vector": [assembler("v")],
    "assembler over a one-hot": [HOT, assembler("hot")],
    "assembler of numbers": [assembler("a", "b")],
    "assembler of one number": [assembler("a")],
    "assembler of numbers and a one-hot": [HOT, assembler("a", "hot", "b")],
    "assembler over an assembler": [HOT, BOTH, assembler("x")],
    "assembler of a vector and a number": [assembler("v", "a")],
    "StandardScaler of a vector": [scaler("StandardScaler", "v")],
    "StandardScaler of a vector, withMean": [scaler("StandardScaler", "v", withMean=True)],
    "StandardScaler of an assembler": [HOT, BOTH, scaler("StandardScaler", "x")],
    "StandardScaler of an assembler, withMean": [HOT, BOTH, scaler("StandardScaler", "x", withMean=True)],
    "StandardScaler of a one-hot": [HOT, scaler("StandardScaler", "hot")],
    "StandardScaler of a StandardScaler": [scaler("StandardScaler", "v", "x"), scaler("StandardScaler", "x")],
    "MinMaxScaler of a vector": [scaler("MinMaxScaler", "v")],
    "MinMaxScaler of an assembler": [HOT, BOTH, scaler("MinMaxScaler", "x")],
    "MinMaxScaler of an assembler, from 1": [HOT, BOTH, scaler("MinMaxScaler", "x", min=1.0, max=2.0)],
    "MinMaxScaler of a one-hot": [HOT, scaler("MinMaxScaler", "hot")],
    "assembler over a StandardScaler": [scaler("StandardScaler", "v", "x"), assembler("x")],
    "assembler over a MinMaxScaler": [scaler("MinMaxScaler", "v", "x"), assembler("x")],
    "Binarizer of a vector": [scaler("Binarizer", "v")],
    "Binarizer of a vector, above 3": [scaler("Binarizer", "v", threshold=3.0)],
    "Binarizer of a vector, above -1": [scaler("Binarizer", "v", threshold=-1.0)],
    "Binarizer of a one-hot": [HOT, scaler("Binarizer", "hot")],
    "Binarizer of an assembler": [HOT, BOTH, scaler("Binarizer", "x")],
}
CLASSES = {c.__name__: c for c in (Binarizer, MinMaxScaler, OneHotEncoder, StandardScaler, VectorAssembler)}


def vector_forms(spark):
    frame = spark.createDataFrame(ROWS, ["a", "b", "v", "k"]).coalesce(1)
    cases = []
    for name, stages in CASES.items():
        made = Pipeline(stages=[CLASSES[kind](**params) for kind, params in stages]).fit(frame).transform(frame)
        cases.append({"name": name, "stages": stages, "out": [row.out for row in made.select("out").collect()]})
    return {"rows": ROWS, "cases": cases}
