-- Kinds of events. The simulator reports kills; the others are for games that report more.
insert into game.event_type (event_type, description) values
('kill', 'a player killed an opponent'),
('assist', 'a player helped to kill an opponent'),
('objective', 'a player took an objective'),
('report', 'a player reported another')
on conflict (
    event_type) do update set description = excluded.description
where event_type.description <> excluded.description;
