-- Achievements and what unlocks them. Add rows, change thresholds: triggers go by this table. Who has passed a figure
-- before it was made the threshold has passed it.
insert into game.achievement (achievement, title, metric, threshold) values
('first_session', 'Welcome', 'sessions', 1),
('regular', 'Regular', 'sessions', 10),
('first_blood', 'First blood', 'kills', 1),
('veteran', 'Veteran', 'kills', 100),
('marksman', 'Marksman', 'headshots', 25),
('resilient', 'Resilient', 'deaths', 50),
('first_purchase', 'Patron', 'purchases', 1),
('collector', 'Collector', 'purchases', 10),
('big_spender', 'Big spender', 'spent_usd_cents', 10000),
('founder', 'Founder', 'manual', 1)
on conflict (achievement) do nothing;
