#!/usr/bin/python3
"""Lets a program and the oracle replay the same random histories; of the first difference a shortest history is kept.

    compare.py build/release/bin/djembe-ratio --seeds 1..200
    compare.py build/release/bin/djembe-ratio --history FILE [--set name=value ...]"""

import argparse
import json
import pathlib
import subprocess
import sys

import history
import oracle

PATIENCE = 20  # seconds
WORDED = "tier 1 work waits"  # the one reason that the rules give word for word (Q17)


def plain(answer):
    """An answer without what the rules leave open: the words of a reason."""
    if isinstance(answer, dict) and "reason" in answer:
        answer = {**answer, "reason": answer["reason"] if answer["reason"] == WORDED else isinstance(answer["reason"], str)}
    return answer


def run(binary, lines, pairs):
    """(answers, exit code, errors) of the program."""
    command = [binary, "--replay"] + [word for pair in pairs for word in ("--set", pair)]
    try:
        done = subprocess.run(command, input="".join(line + "\n" for line in lines), capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return [], -1, "it does not end"
    return done.stdout.splitlines(), done.returncode, done.stderr


def difference(binary, lines, pairs):
    """None, or (number of the line that is answered differently, what the oracle says, what the program says)."""
    wanted, stopped = oracle.replay(lines, pairs)
    wanted = [(number, answer) for number, answer in enumerate(wanted, 1) if answer is not None]
    answers, code, errors = run(binary, lines, pairs)
    for (number, answer), text in zip(wanted, answers):
        try:
            same = plain(json.loads(text)) == plain(answer)
        except ValueError:
            same = False
        if not same:
            return number, json.dumps(answer), text
    if len(answers) != len(wanted):
        longer = [json.dumps(answer) for _, answer in wanted] if len(wanted) > len(answers) else answers
        number = wanted[len(answers)][0] if len(answers) < len(wanted) else len(lines)
        surplus = longer[min(len(answers), len(wanted))]
        return (number, surplus, f"nothing (exit {code}) {errors[-2000:]}") if len(wanted) > len(answers) else (number, "nothing", surplus)
    if code != (2 if stopped else 0):
        return len(lines), f"exit {2 if stopped else 0} {stopped or ''}", f"exit {code} {errors[-2000:]}"
    return None


def shrink(lines, differs):
    """The history without every line that the difference does not need."""
    size = max(1, len(lines) // 2)
    while True:
        start, removed = 0, False
        while start < len(lines):
            shorter = lines[:start] + lines[start + size:]
            if differs(shorter):
                lines, removed = shorter, True
            else:
                start += size
        if size == 1 and not removed:
            return lines
        size = max(1, size // 2)


def kind(found):
    """What a difference is about, so that shrinking does not wander off to another one."""
    def shape(text):
        try:
            answer = json.loads(text)
        except ValueError:
            return text.split(" ")[0]
        return answer.get("refused") or ",".join(answer)
    return shape(found[1]), shape(found[2])


def shortest(binary, lines, pairs, found):
    def differs(shorter):
        again = difference(binary, shorter, pairs)
        return again is not None and kind(again) == kind(found)

    lines = shrink(lines[:found[0]] if differs(lines[:found[0]]) else lines, differs)
    return lines, difference(binary, lines, pairs)


def report(binary, lines, pairs, title):
    """True when both agree."""
    found = difference(binary, lines, pairs)
    if not found:
        return True
    few, last = shortest(binary, lines, pairs, found)
    print(f"\n{title}: {len(lines)} lines, first difference at {found[0]}; {len(few)} lines are enough")
    print("".join(f" --set {pair}" for pair in pairs))
    print("\n".join(few))
    print(f"line {last[0]}\n  oracle:  {last[1]}\n  program: {last[2]}", flush=True)
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--seeds", default="1..50", help="A..B")
    parser.add_argument("--steps", type=int, help="lines of each history; default 100, 300 or 900 by the seed")
    parser.add_argument("--profile", choices=sorted(history.PROFILES))
    parser.add_argument("--stop", type=int, default=1, help="after so many differences")
    parser.add_argument("--history", type=pathlib.Path, help="this one instead of random ones")
    parser.add_argument("--set", action="append", default=[], help="for --history")
    options = parser.parse_args()
    if options.history:
        sys.exit(not report(options.binary, options.history.read_text().splitlines(), options.set, options.history.name))
    first, _, last = options.seeds.partition("..")
    seeds = range(int(first), int(last or first) + 1)
    different = []
    for seed in seeds:
        author = history.Author(seed, options.profile)
        lines = author.write(options.steps or (100, 300, 900)[seed % 3])
        if not report(options.binary, lines, author.pairs, f"seed {seed}"):
            different.append(seed)
            if len(different) == options.stop:
                break
    print(f"{len(seeds)} seeds, different: {different or 'none'}")
    sys.exit(bool(different))


if __name__ == "__main__":
    main()
