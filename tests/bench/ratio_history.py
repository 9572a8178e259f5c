#!/usr/bin/python3
"""Writes a history of the size that the ratio service must carry, for `djembe-ratio --replay`: 10 versions and 50 copies a member.

    tests/bench/ratio_history.py --members 10000 > history
    time build/release/bin/djembe-ratio --replay < history

Members, versions and copies come within a simulated hour; then every holder is seen each half hour, one in a hundred loses a copy,
everybody polls, and a tick a minute makes offers. 100000 is the whole size: 1 000 000 versions, 5 000 000 copies."""

import argparse
import random
import sys

HALF_HOUR = 1_800_000
START = 1_700_000_000_000


def build(members, write):
    """Everybody keeps ten versions in two backups, wanted five times, and holds fifty of others'."""
    size = random.Random(1)
    for user in range(1, members + 1):
        write(f'{{"at":{START},"event":"member","user":{user}}}\n')
        for household in households(user):
            write(f'{{"at":{START},"event":"household","user":{user},"household":{household}}}\n')
        for backup in (2 * user - 1, 2 * user):
            write(f'{{"at":{START},"event":"backup","backup":{backup},"owner":{user},"redundancy":5}}\n')
    for version in range(1, 10 * members + 1):
        owner = (version - 1) // 10 + 1
        bytes_ = size.choice((700_000_000, 1_000_000_000, 4_000_000_000))
        write(f'{{"at":{START},"event":"version","version":{version},"backup":{2 * owner - version % 2},"size":{bytes_}}}\n')
        write(f'{{"at":{START},"event":"announce","user":{owner},"version":{version},"left":0}}\n')


def households(user):
    """An IPv4 address and an IPv6 network; one member in ten lives with the one before."""
    home = user - (user % 10 == 0)
    return [2 * home, 2 * home + 1]


def holders(version, members):
    owner = (version - 1) // 10
    return [(owner + 1 + (version * 7 + k * 13) % (members - 1)) % members + 1 for k in range(5)]


def spread(count, number):
    return number * HALF_HOUR // count


def fetch(members, write):
    versions = 10 * members
    for left, began in ((5, START), (0, START + HALF_HOUR)):
        for version in range(1, versions + 1):
            at = began + spread(versions, version)
            for user in holders(version, members):
                write(f'{{"at":{at},"event":"announce","user":{user},"version":{version},"left":{left}}}\n')


def hold(members, rounds, write):
    versions, lost = 10 * members, random.Random(2)
    for number in range(rounds):
        began, minute = START + (2 + number) * HALF_HOUR, 0
        for version in range(1, versions + 1):
            at = began + spread(versions, version)
            if at // 60_000 > minute:
                minute = at // 60_000
                write(f'{{"at":{at},"event":"tick"}}\n')
            if version % 10 == 0:
                write(f'{{"at":{at},"event":"free_space","user":{version // 10},"bytes":1000000000000}}\n')
                write(f'{{"at":{at},"event":"announce","user":{version // 10},"version":{version},"left":0}}\n')
            for user in holders(version, members):
                if lost.random() < 0.001:
                    write(f'{{"at":{at},"event":"dropped","user":{user},"version":{version}}}\n')
                else:
                    write(f'{{"at":{at},"event":"announce","user":{user},"version":{version},"left":0}}\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=10000)
    parser.add_argument("--rounds", type=int, default=4, help="half hours in which everything is seen")
    options = parser.parse_args()
    lines = []

    def write(line):
        lines.append(line)
        if len(lines) > 100_000:
            sys.stdout.write("".join(lines))
            lines.clear()

    build(options.members, write)
    fetch(options.members, write)
    hold(options.members, options.rounds, write)
    write(f'{{"at":{START + (2 + options.rounds) * HALF_HOUR},"ask":"check"}}\n')
    sys.stdout.write("".join(lines))


if __name__ == "__main__":
    main()
