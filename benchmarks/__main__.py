"""All of it: `python -m benchmarks`, or one part: `python -m benchmarks.command`."""

from benchmarks import automation, command, mentions

if __name__ == "__main__":
    mentions.main()
    command.main()
    automation.main()
