-- Rules and their figures, which are with the rules because they depend on the game. On an honest run of the
-- quickstart (40,000 players, 9.2 million heartbeats, 830,000 kills) no player comes near, at any of its kills: at 80
-- kills and more the best have 12 to each death and one (at 40 somebody has not died yet), at 25 kills 56 % are
-- headshots, and nobody buys more than four times in ten minutes.
insert into game.anticheat_rule (rule, description, threshold, min_count, window_s) values
('impossible_speed', 'two heartbeats of one match lie farther apart than threshold times top speed allows', 1, 0, 0),
('kd_outlier', 'of min_count kills and more there are threshold to each death and one', 20, 80, 0),
('headshot_share', 'of min_count kills and more the share threshold is headshots', 0.8, 25, 0),
('purchase_velocity', 'min_count purchases and more lie within window_s seconds', 1, 10, 600),
('manual', 'somebody has seen something', 1, 0, 0),
('impossible_movement', 'the game itself has seen steps that top speed does not allow', 1, 0, 0),
('headshots', 'the game itself has seen too large a share of headshots in a session', 1, 0, 0),
('kill_ratio', 'the game itself has seen too many kills to each death in a session', 1, 0, 0),
('hours', 'the game itself has seen a session that no person plays', 1, 0, 0),
('reports', 'the game itself has counted reports against a session', 1, 0, 0),
('report_cheating', 'a victim says that its killer cheats', 1, 0, 0),
('report_abuse', 'a victim says that its killer abuses others', 1, 0, 0)
on conflict (rule) do nothing;
