"""Runs SQL statements one by one, outside a transaction: python execute_sql.py <connection string> <statement>...

Prints the rows of the last statement that returned any, as a JSON list of lists.
"""

import json
import sys

import psycopg

rows = []
with psycopg.connect(sys.argv[1], autocommit=True, connect_timeout=10) as connection:
    for statement in sys.argv[2:]:
        cursor = connection.execute(statement)
        if cursor.description:
            rows = cursor.fetchall()
print(json.dumps(rows, default=str))
