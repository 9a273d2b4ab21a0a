"""Records that Spark's CSV parser cuts forged texts into: `python test/goldens/csv_records.py [OUT]` writes csv-records.json.

Texts are random runs of separators, quotes, escapes, blanks, breaks and letters, with random options. Made with pyspark 4.3.0. The parser is asked
directly, with the settings that Spark makes of the options, since a Spark job a text would take minutes.
"""
import json
import os
import random
import sys

from pyspark.sql import SparkSession

HERE = os.path.dirname(os.path.abspath(__file__))
R = random.Random(11)


def options():
    o = {}
    if R.random() < .45:
        o["sep"] = R.choice([";", "||", "\t", "::", "|", "ab", ", ", " "])
    if R.random() < .3:
        o["quote"] = R.choice(["'", '"', "$", ""])
    if R.random() < .4:
        o["escape"] = R.choice(['"', "\\", "/", "'", ""])
    if R.random() < .05:
        o["charToEscapeQuoteEscaping"] = R.choice(["/", "\\"])
    for name, share in (("ignoreLeadingWhiteSpace", .25), ("ignoreTrailingWhiteSpace", .25), ("multiLine", .3)):
        if R.random() < share:
            o[name] = True
    if R.random() < .2:
        o["nullValue"] = R.choice(["NA", "-", '""', " "])
    if R.random() < .15:
        o["emptyValue"] = R.choice(["E", "NA"])
    return o


def text(o):
    sep, quote, escape = o.get("sep", ","), o.get("quote") or '"', o.get("escape") or "\\"
    alphabet = [sep, sep, sep, quote, quote, quote, escape, escape, *"abx 1-", "NA", '"', "\\", "'", "/", sep[0], "\t", *([R.choice(["\n", "\r\n"])] * 2 if o.get("multiLine") else [])]
    return "".join(R.choice(alphabet) for _ in range(R.randint(3, 26)))


def records(jvm, o, body):
    given = jvm.java.util.HashMap()
    for name, value in o.items():
        given.put(name, "true" if value is True else value)
    settings = jvm.org.apache.spark.sql.catalyst.csv.CSVOptions(jvm.PythonUtils.toScalaMap(given), False, "UTC").asParserSettings()
    parser = jvm.com.univocity.parsers.csv.CsvParser(settings)
    if not o.get("multiLine"):
        return [list(parser.parseLine(body))]
    parser.beginParsing(jvm.java.io.StringReader(body))
    return [list(record) for record in iter(parser.parseNext, None)]


def main(out=HERE):
    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    cases = []
    while len(cases) < 1000:
        o = options()
        body = text(o)
        try:
            cases.append([body, o, records(spark._jvm, o, body)])
        except Exception:  # where the parser itself fails there is nothing to compare with
            pass
    with open(os.path.join(out, "csv-records.json"), "w", encoding="utf-8") as f:
        f.write("[\n" + ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases) + "\n]\n")
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
