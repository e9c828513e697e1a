"""The dashboard's page: a run's warehouse, filtered by date, region and segment. Streamlit runs it."""

import sys
from datetime import date

import altair as alt
import duckdb
import streamlit as st

from lib import run_folder
from lib.failure import Failure
from lib.run_folder import PROJECT

WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
HEIGHT = 260


def main():
    st.set_page_config(page_title="Skirmish", layout="wide")
    try:
        run = run_folder.find(sys.argv[1])
        # A rebuilt warehouse is another file: what was read of the old one is forgotten.
        stat = run.warehouse.stat()
        if stale(run):
            raise Failure(Failure.REFUSED, f"{run.warehouse}: is of another run than the folder now holds")
    except (Failure, FileNotFoundError, duckdb.Error) as problem:
        st.error(str(problem))
        st.info(f"When the run is whole: warehouse/build {sys.argv[1]}")
        st.stop()
    version = (stat.st_ino, stat.st_mtime_ns)
    path = str(run.warehouse)
    info = rows(path, version, "select scenario, seed, first_day, days, tables from run_info").iloc[0]
    st.title(info.scenario)
    st.caption(f"{info.days} days from {info.first_day:%Y-%m-%d}, seed {info.seed}. All times are UTC.")

    chosen = choose(path, version, run)
    play = query(path, version, "play", chosen)
    if play.empty:
        st.warning("Nobody of the chosen regions and segments played on the chosen days. Choose more.")
        st.stop()
    show_sums(play)
    left, right = st.columns(2)
    with left:
        show_play(play)
        show_week(query(path, version, "week", chosen))
        if "encounters" in info.tables.split():
            show_encounters(query(path, version, "encounters", chosen))
    with right:
        show_ratio(play)
        if "purchases" in info.tables.split():
            show_revenue(query(path, version, "revenue", chosen))
        show_retention(query(path, version, "retention", chosen))


def stale(run):
    """Whether the warehouse is of another run than the folder holds by now."""
    with duckdb.connect(str(run.warehouse), read_only=True) as warehouse:
        built_of = warehouse.execute("select world_hash, days from run_info").fetchone()
    return built_of != (run.summary["world_hash"], run.days)


@st.cache_data(show_spinner=False, max_entries=64)
def rows(path, version, sql, named=None):
    """Rows of a query as a frame. The file is open for as long as it is read, and for reading only."""
    del version
    with duckdb.connect(path, read_only=True) as warehouse:
        return warehouse.execute(sql, named or {}).df()


def query(path, version, name, chosen):
    sql = (PROJECT / "queries" / "dashboard" / f"{name}.sql").read_text(encoding="utf-8")
    return rows(path, version, sql, {key: value for key, value in chosen.items() if f"${key}" in sql})


def choose(path, version, run):
    """Filters; they live in the address, so that what is seen can be passed on."""
    regions = rows(path, version, "select distinct region from players_by_day order by region").region.tolist()
    segments = rows(path, version, "select distinct segment from players_by_day order by segment").segment.tolist()
    asked = st.query_params
    first, last = (day_in(asked.get(key), run, other) for key, other in (("from", run.first_day), ("to", run.last_day)))
    with st.sidebar:
        days = st.date_input(
            "Days", (first, max(first, last)), min_value=run.first_day, max_value=run.last_day, key="days"
        )
        wanted_regions = st.multiselect("Regions", regions, listed(asked.get("regions"), regions), key="regions")
        wanted_segments = st.multiselect("Segments", segments, listed(asked.get("segments"), segments), key="segments")
    if len(days) < 2:
        st.info("Choose the last day, too.")
        st.stop()
    asked.from_dict(
        {
            "from": days[0].isoformat(),
            "to": days[1].isoformat(),
            "regions": ",".join(wanted_regions),
            "segments": ",".join(wanted_segments),
        }
    )
    if not wanted_regions or not wanted_segments:
        st.warning("Choose at least one region and one segment.")
        st.stop()
    return {"first": days[0], "last": days[1], "regions": wanted_regions, "segments": wanted_segments}


def day_in(text, run, other):
    try:
        return min(max(date.fromisoformat(text), run.first_day), run.last_day)
    except (TypeError, ValueError):
        return other


def listed(text, names):
    return names if text is None else [name for name in text.split(",") if name in names]


def show_sums(play):
    kills, deaths = play.kills.sum(), play.deaths.sum()
    days = play.day.nunique()
    for column, (label, value) in zip(
        st.columns(4),
        [
            ("Players a day", f"{play.players.sum() / days:,.0f}"),
            ("Hours played", f"{play.hours.sum():,.0f}"),
            ("Minutes a player and day", f"{60 * play.hours.sum() / play.players.sum():,.0f}"),
            ("Kills a death", f"{kills / deaths:.2f}" if deaths else "-"),
        ],
        strict=True,
    ):
        column.metric(label, value)


def show_play(play):
    st.subheader("Hours played, by day and region")
    chart = (
        alt.Chart(play)
        .mark_area()
        .encode(
            x=alt.X("day:T", title=None),
            y=alt.Y("hours:Q", title="hours", stack=True),
            color=alt.Color("region:N", title="region"),
            tooltip=["day:T", "region", alt.Tooltip("hours", format=",.0f"), "players"],
        )
    )
    st.altair_chart(chart.properties(height=HEIGHT), key="play", width="stretch")


def show_ratio(play):
    st.subheader("Kills a death, by day")
    st.caption("Of the sessions that began on the day. Somebody dies of every kill, so over all players it is near 1.")
    days = play.groupby("day", as_index=False)[["kills", "deaths"]].sum()
    days = days[days.deaths > 0]
    days["kd_ratio"] = days.kills / days.deaths
    chart = (
        alt.Chart(days)
        .mark_line(point=len(days) < 8)
        .encode(
            x=alt.X("day:T", title=None),
            y=alt.Y("kd_ratio:Q", title="kills a death", scale=alt.Scale(zero=False)),
            tooltip=["day:T", alt.Tooltip("kd_ratio", format=".2f"), "kills", "deaths"],
        )
    )
    st.altair_chart(chart.properties(height=HEIGHT), key="ratio", width="stretch")


def show_week(week):
    st.subheader("Sessions online, by weekday and hour")
    least, most = week.occurrences.min(), week.occurrences.max()
    seen = f"{least}" if least == most else f"{least} to {most}"
    st.caption(f"Mean over {seen} occurrences of each weekday in the chosen days; all segments.")
    week["name"] = [WEEKDAYS[number - 1] for number in week.weekday]
    chart = (
        alt.Chart(week)
        .mark_rect()
        .encode(
            x=alt.X("hour:O", title="UTC hour", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("name:O", title=None, sort=WEEKDAYS),
            color=alt.Color("online:Q", title="online", scale=alt.Scale(scheme="blues", zero=False)),
            tooltip=["name", "hour", alt.Tooltip("online", format=",.1f"), "occurrences"],
        )
    )
    st.altair_chart(chart.properties(height=HEIGHT), key="week", width="stretch")


def show_revenue(revenue):
    st.subheader("Revenue, by region")
    if revenue.empty:
        st.info("Nothing was bought.")
        return
    st.caption(f"US dollars, with the number of purchases beside it: {int(revenue.purchases.sum()):,} in all.")
    base = alt.Chart(revenue).encode(y=alt.Y("region:N", title=None, sort=None))
    bars = base.mark_bar().encode(
        x=alt.X("usd:Q", title="US dollars"), tooltip=["region", alt.Tooltip("usd", format=",.2f"), "purchases"]
    )
    counts = base.mark_text(align="left", dx=4).encode(x="usd:Q", text=alt.Text("purchases:Q", format=","))
    st.altair_chart((bars + counts).properties(height=HEIGHT), key="revenue", width="stretch")


def show_encounters(encounters):
    st.subheader("Encounters a session, by day")
    st.caption("Each counted once, over sessions with play on the day; all regions and segments.")
    chart = (
        alt.Chart(encounters)
        .mark_line(point=encounters.day.nunique() < 8)
        .encode(
            x=alt.X("day:T", title=None),
            y=alt.Y("per_session:Q", title="encounters a session"),
            color=alt.Color("relation:N", title="with"),
            tooltip=["day:T", "relation", alt.Tooltip("per_session", format=".2f"), "encounters", "sessions"],
        )
    )
    st.altair_chart(chart.properties(height=HEIGHT), key="encounters", width="stretch")


def show_retention(retention):
    st.subheader("Retention, by days since installation")
    if retention.empty:
        st.info("Nobody installed the game on the chosen days, or the run ended with them.")
        return
    st.caption("Share of those installed on the chosen days who played on just that day; all regions and segments.")
    chart = (
        alt.Chart(retention)
        .mark_line(point=len(retention) < 15)
        .encode(
            x=alt.X("age_days:Q", title="days since installation", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y("retained_share:Q", title="share", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
            tooltip=["age_days", alt.Tooltip("retained_share", format=".1%"), "retained_players", "players"],
        )
    )
    st.altair_chart(chart.properties(height=HEIGHT), key="retention", width="stretch")


main()
