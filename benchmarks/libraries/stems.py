"""Prints the stem of each word on standard input by Snowball's Dutch or English stemmer, as JSON: `stems.py dutch`."""

import json
import sys

import snowballstemmer

stemmer = snowballstemmer.stemmer(sys.argv[1])
print(json.dumps({word: stemmer.stemWord(word) for word in json.load(sys.stdin)}))
