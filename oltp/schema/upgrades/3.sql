-- Version 3 has sales, levels and bans of the game itself. What is here says the same as tables.sql and constraints.sql
-- do for a new database (tested).
create table game.sale (
    sale text not null,
    starts_on date not null,
    ends_on date not null,
    discount_ppm integer not null
);
comment on table game.sale is 'One row a sale of the shop: its days, and what is taken off every price.';
create table game.level_up (
    session_id bigint not null,
    reached_at timestamptz not null,
    level smallint not null,
    experience bigint not null
);
comment on table game.level_up is 'One row a session with which a player reached a level, or several at once.';
create table game.ban (
    player_id integer not null,
    banned_at timestamptz not null,
    rule text not null,
    is_wave boolean not null
);
comment on table game.ban is 'One row an account that is banned: none of its sessions starts from then on.';

alter table game.sale add constraint sale_pkey primary key (sale);
alter table game.level_up add constraint level_up_pkey primary key (session_id);
alter table game.ban add constraint ban_pkey primary key (player_id);

alter table game.level_up add constraint level_up_session_fkey
foreign key (session_id) references game.session (session_id);
alter table game.ban add constraint ban_player_fkey
foreign key (player_id) references game.player (player_id);
alter table game.ban add constraint ban_rule_fkey
foreign key (rule) references game.anticheat_rule (rule);

alter table game.sale add constraint sale_ends_on_not_before check (ends_on >= starts_on);
alter table game.sale add constraint sale_discount_in_range check (discount_ppm between 0 and 1000000);
alter table game.level_up add constraint level_up_level_above_first check (level > 1 and experience > 0);
alter table game.ban add constraint ban_banned_at_finite check (isfinite(banned_at));
