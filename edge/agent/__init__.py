"""The board's end: takes requests, keeps them safe, runs them, and delivers the answers."""
