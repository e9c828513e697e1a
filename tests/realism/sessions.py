"""Sessions of a run and of a real game, as queries of DuckDB with the columns player, started and seconds."""


def of_run(folder):
    files = f"{folder}/tables/session_ends/*/*.parquet".replace("'", "''")
    return f"select player_id as player, started_at as started, event_length_s as seconds from read_parquet('{files}')"


def of_game(path):
    path = path.replace("'", "''")
    formats = "['%Y-%m-%d %H:%M:%S', '%Y-%m-%dT%H:%M:%SZ', '%m/%d/%Y %I:%M:%S %p', '%Y-%m-%d %H:%M:%S%z']"
    started, ended = (f"strptime({column}, {formats})" for column in ("session_start", "session_end"))
    return (
        f"select pid as player, {started} as started, epoch({ended}) - epoch({started}) as seconds "
        f"from read_csv('{path}', all_varchar = true)"
    )
