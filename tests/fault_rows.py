"""Every line of the faults' contract and the tests that meet it: `python -m tests.fault_rows`.

`process` are tests on the process gateway (the demo's kind) or on files alone, `real` are tests on
the real gateway in Docker. A line without one of the two says why in `skipped`. A test checks
that each named test exists, so that none can be renamed away.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the contract."""

    id: str
    text: str
    process: tuple[str, ...] = ()
    """Tests below `tests/`, e.g. `unit/test_locks.py::test_x`."""
    real: tuple[str, ...] = ()
    """Tests below `tests/docker/`, without that folder."""
    skipped: str = ""
    """Why one of the two is missing."""


KILL = "unit/test_fault_kill.py::test_a_kill_anywhere_is_finished_or_undone"
FULL = "unit/test_fault_stop.py::test_a_disk_that_is_full_at_a_step"
DENIED = "unit/test_fault_stop.py::test_a_folder_that_may_not_be_written_from_a_step_on"
WISH = "unit/test_fault_stop.py::test_a_wish_to_stop_at_a_step"
BACK = "unit/test_fault_gateway.py::test_a_gateway_that_does_not_come_back"
CAME = "unit/test_fault_gateway.py::test_somebody_starts_the_gateway_while_it_should_be_down"
HANGS = "unit/test_fault_gateway.py::test_a_gateway_that_will_not_stop_is_killed_after_its_timeout"
HELPER = "unit/test_fault_gateway.py::test_a_swap_helper_that_dies_changes_nothing"
CHANCE = (
    "unit/test_fault_random.py::test_a_restore_killed_at_any_moment_is_old_or_new_and_loses_nothing"
)
REAL = "test_fault_real.py::"
REAL_KILL = f"{REAL}test_a_restore_that_is_killed_or_stopped"
REAL_CHANCE = (
    "test_fault_random.py::test_restores_killed_at_any_moment_are_old_or_new_and_lose_nothing"
)
ROWS_KEPT = (
    "unit/test_upgrade.py::"
    "test_rows_written_while_it_is_rehearsed_and_until_the_stop_are_in_the_upgraded_database"
)
REAL_MIGRATIONS = "test_migrations.py::"
REAL_RUN = "test_migration_running.py::"
REAL_SWITCH = "test_image_switch.py::"
REAL_UPGRADE = (
    f"{REAL_MIGRATIONS}"
    "test_0_3_1_is_rehearsed_with_1_0_7_then_upgraded_with_the_image_and_taken_back"
)
SAME = "the real gateway has no part in it: our own files and processes alone"

INVARIANTS = (
    Row(
        "I1",
        "one flock per database, owner shown, reading never takes it, no force",
        (
            "unit/test_locks.py::test_a_second_process_is_refused_with_the_name_of_the_first",
            "unit/test_locks.py::test_reading_the_owner_never_takes_the_lock",
            "unit/test_locks.py::test_a_lock_file_that_was_replaced_is_not_believed",
        ),
        skipped=SAME,
    ),
    Row(
        "I2",
        "records before and after each step; resume or the next change pays; reading reports",
        (
            KILL,
            "unit/test_journal.py::test_an_unknown_format_forbids_changing_and_not_looking",
            "unit/test_journal.py::test_a_journal_begins_and_ends_with_0_bytes_free_from_its_reserve",
            "cli/test_signals.py::test_the_next_change_settles_what_was_cut_and_says_so",
            "app/test_shell_live.py::test_an_operation_whose_process_died_is_finished",
        ),
        (REAL_KILL,),
    ),
    Row(
        "I3",
        "nothing under its final name before it is whole",
        (KILL, FULL),
        ("test_restore.py::test_a_killed_backup_leaves_nothing_half_made_on_the_real_gateway",),
    ),
    Row(
        "I4",
        "the live path is never absent and never half-written",
        ("unit/test_restore_ways.py::test_the_live_path_is_never_absent_nor_half_written", CHANCE),
        (REAL_CHANCE,),
    ),
    Row(
        "I5",
        "only SQLite touches -wal, -shm, -journal; an open live file is read raw by nobody of ours",
        (
            "unit/test_looking.py::test_another_user_leaves_nothing_beside_a_stopped_wal_file",
            "unit/test_swap_helper.py::test_every_commit_in_a_wal_of_a_crash_is_in_the_kept_file",
            "unit/test_restore_night.py::"
            "test_what_a_removed_live_file_left_beside_it_is_not_replayed_into_the_backup",
            "unit/test_restore_night.py::"
            "test_an_evicted_gateway_s_wal_is_not_replayed_into_the_new_file",
        ),
        ("test_restore.py::test_after_docker_kill_the_safety_copy_holds_every_commit_of_the_wal",),
    ),
    Row(
        "I6",
        "the gateway gets back the state it had, or it is said loudly, with the command",
        (
            KILL,
            BACK,
            "unit/test_restore_ways.py::test_a_stopped_gateway_stays_stopped_and_that_is_said",
        ),
        (REAL_KILL, f"{REAL}test_a_container_that_was_stopped_by_hand_stays_stopped"),
    ),
    Row(
        "I7",
        "long work outlives its terminal",
        (
            "unit/test_restore_interrupted.py::test_a_terminal_that_dies_takes_nothing_with_it",
            "cli/test_terminal.py::test_a_dropped_line_leaves_the_restore_running_to_its_end",
        ),
        ("test_keys.py::test_a_terminal_that_dies_in_the_middle_of_a_restore_harms_nothing",),
    ),
    Row(
        "I8",
        "a destructive step follows a safety copy; a damaged original is kept as found",
        (
            KILL,
            "unit/test_restore_ways.py::test_a_damaged_live_file_is_kept_as_found_with_its_sidecars",
            "unit/test_restore_write_through.py::"
            "test_it_keeps_inode_owner_and_mode_and_a_verified_copy_of_the_old",
            "unit/test_restore_night.py::"
            "test_what_was_written_to_the_restored_database_is_kept_when_it_is_taken_back",
            "unit/test_restore_night.py::test_a_damaged_original_is_labelled_with_whose_it_was",
        ),
        ("test_restore.py::test_after_docker_kill_the_safety_copy_holds_every_commit_of_the_wal",),
    ),
    Row(
        "I9",
        "a file copied while the gateway could write is never swapped in",
        (
            "unit/test_bring_back.py::"
            "test_a_stopped_gateway_stays_stopped_and_the_file_is_to_the_byte_of_content_as_it_was",
            "unit/test_bring_back.py::"
            "test_a_gateway_that_is_started_by_somebody_meanwhile_makes_it_undo_itself",
            ROWS_KEPT,
        ),
        (
            "test_bring_back.py::test_a_tool_that_was_deleted_is_listed_again_and_nothing_else_changed",
            f"{REAL_MIGRATIONS}"
            "test_an_upgrade_keeps_every_row_that_was_acknowledged_from_the_rehearsal_to_the_stop",
        ),
    ),
    Row(
        "I10",
        "a confirmed plan's fingerprint is computed again under the lock",
        (
            "unit/test_restore_refused.py::test_a_backup_that_was_replaced_since_the_plan",
            "unit/test_restore_refused.py::test_a_live_file_that_was_replaced_since_the_plan",
            "unit/test_restore_refused.py::test_a_migration_of_the_live_file_since_the_plan",
            "unit/test_prune.py::test_what_moved_since_the_plan_stops_it",
            "unit/test_bring_back.py::test_an_effect_that_is_another_one_needs_a_new_plan",
            "unit/test_reset.py::test_a_database_that_moved_since_the_plan_is_left_alone",
        ),
        skipped=SAME,
    ),
)

EVERY = (
    Row("every.kill", "kill -9, OOM", (KILL, CHANCE, HELPER), (REAL_KILL, REAL_CHANCE)),
    Row(
        "every.partial",
        ".partial is swept only when its owner is dead",
        ("unit/test_journal.py::test_half_made_files_are_swept_only_when_their_owner_is_dead",),
        ("test_restore.py::test_a_killed_backup_leaves_nothing_half_made_on_the_real_gateway",),
    ),
    Row(
        "every.space",
        "no space: 12 before; in the middle own partial removed, live intact, gateway as before",
        (
            FULL,
            "unit/test_hot_backup.py::test_too_little_space_is_refused_before_anything_is_written",
            "unit/test_bring_back.py::test_a_disk_that_fills_up_while_the_safety_copy_is_made",
            "unit/test_swap_helper.py::"
            "test_a_full_disk_does_not_kill_the_helper_that_owns_the_live_file",
            "unit/test_swap_helper.py::"
            "test_a_database_on_a_full_disk_is_looked_at_without_making_anything_beside_it",
        ),
        ("test_fault_disk.py::test_a_full_disk_at_a_step_of_a_real_restore",),
    ),
    Row(
        "every.space.prune",
        "prune works with 0 bytes free",
        ("unit/test_prune.py::test_it_works_with_no_byte_free",),
        ("test_fault_disk.py::test_prune_makes_room_on_a_full_disk_and_a_backup_does_not_fit",),
    ),
    Row(
        "every.permission",
        "no permission, read-only filesystem: probed before anything stops, 12",
        (
            DENIED,
            "unit/test_restore_refused.py::test_another_user_is_told_before_anything_stops",
            "unit/test_restore_refused.py::test_a_data_folder_that_is_mounted_read_only",
        ),
        (f"{REAL}test_a_folder_that_may_not_be_written",),
    ),
    Row(
        "every.io",
        "I/O error: never retried in a loop; live marked suspect; overwriting blocked",
        (
            "unit/test_fault_disk.py::test_a_disk_of_backups_that_fails_costs_the_operation_alone",
            "unit/test_fault_disk.py::test_a_disk_that_dies_under_the_database_leaves_old_or_new",
            "unit/test_restore_write_through.py::"
            "test_a_live_file_whose_disk_failed_is_not_overwritten_but_may_be_replaced",
        ),
        ("test_fault_disk.py::test_a_disk_of_backups_that_fails_leaves_the_real_gateway_alone",),
    ),
    Row(
        "every.docker.down",
        "Docker down at start: what needs none goes on, the rest exits 13",
        ("cli/test_bad_input.py::test_without_docker_what_needs_none_works",),
        ("test_fault_engine.py::test_with_the_engine_down_what_needs_none_goes_on",),
    ),
    Row(
        "every.docker.dies",
        "Docker dies midway: file work finishes, start retried, 13 and a debt",
        (
            "unit/test_restore_ways.py::test_a_debt_that_docker_could_not_pay_is_paid_by_the_next_resume",
        ),
        (
            "test_fault_engine.py::"
            "test_an_engine_that_is_stopped_in_a_restore_leaves_a_debt_that_is_paid_later",
            "test_fault_engine.py::"
            "test_an_engine_that_is_killed_before_the_start_comes_back_in_time",
        ),
    ),
    Row(
        "every.stop",
        "the gateway will not stop: killed after its timeout, clean_stop=false",
        (HANGS,),
        (f"{REAL}test_a_container_that_will_not_stop_is_killed_by_the_engine",),
    ),
    Row(
        "every.comes-back",
        "the gateway comes back by itself: looked at before and after the critical step",
        (
            CAME,
            "unit/test_restore_night.py::"
            "test_a_gateway_that_comes_back_by_itself_on_the_way_back_ends_on_the_old_file",
        ),
        (f"{REAL}test_a_container_that_somebody_starts_while_it_should_be_down",),
    ),
    Row(
        "every.unhealthy",
        "never healthy: restore rolls back (4), a backup stays (14); unsound before → stays",
        (
            BACK,
            "unit/test_restore_ways.py::"
            "test_a_gateway_that_was_not_healthy_before_is_left_on_the_restored_file",
        ),
        ("test_restore.py::test_a_gateway_that_cannot_become_healthy_gets_its_old_database_back",),
    ),
    Row(
        "every.lock",
        "somebody holds a lock: deadline, holder named, 11",
        (
            "unit/test_restore_interrupted.py::"
            "test_an_idle_reader_after_the_stop_is_waited_for_named_and_survived",
            "unit/test_bring_back.py::"
            "test_a_reader_that_comes_after_the_release_is_waited_for_and_named",
            "unit/test_restore_night.py::test_a_busy_gateway_is_no_reason_to_take_a_restore_back",
        ),
        (f"{REAL}test_somebody_who_does_not_let_go_is_named",),
    ),
    Row(
        "every.wal",
        "huge WAL: warned, counted, longest reader shown",
        (
            "unit/test_hot_backup.py::"
            "test_a_wal_that_a_forgotten_reader_keeps_large_is_told_with_who_it_is",
        ),
        skipped="its size is SQLite's matter alone; the real WAL is the same kind of file",
    ),
    Row(
        "every.two",
        "two operators, screen and cron: the second sees the first, 11",
        (
            "unit/test_restore_interrupted.py::test_of_two_at_once_the_second_names_the_first",
            "unit/test_schedule.py::"
            "test_a_scheduled_run_that_finds_the_lock_is_counted_until_one_goes_well",
        ),
        skipped=SAME,
    ),
    Row(
        "every.clock",
        "clock jumps, DST, same second",
        (
            "unit/test_hot_backup.py::test_a_clock_that_was_set_back_does_not_change_the_order",
            "unit/test_hot_backup.py::test_a_name_of_the_same_second_waits_for_the_next",
            "unit/test_catalogue.py::"
            "test_a_future_dated_backup_is_flagged_and_later_ones_still_come_after_it",
            "unit/test_retention.py::test_a_change_of_the_clock_loses_and_invents_no_day",
        ),
        skipped=SAME,
    ),
    Row(
        "every.names",
        "symlink, traversal, hard link, odd names in the backup folder",
        (
            "unit/test_hot_backup.py::test_strangers_in_the_backup_folder_are_listed_and_never_touched",
            "unit/test_catalogue.py::test_a_hard_linked_backup_is_listed_with_the_reason_and_is_never_latest",
            "unit/test_delete.py::test_links_strangers_and_what_lies_elsewhere_are_left_alone",
            "unit/test_backup_night.py::"
            "test_a_link_to_the_live_database_is_a_stranger_and_not_even_opened",
            "unit/test_backup_night.py::"
            "test_a_backup_is_not_written_behind_a_link_that_the_catalogue_does_not_follow",
            "unit/test_backup_night.py::"
            "test_a_second_location_that_is_the_first_by_another_name_is_pruned_once",
            "unit/test_backup_night.py::test_a_folder_of_the_catalogue_is_no_second_location",
            "unit/test_migrating_night.py::test_something_else_in_the_place_of_the_copy_is_refused",
        ),
        skipped=SAME,
    ),
    Row(
        "every.hostile",
        "not SQLite, encrypted, truncated, 0 bytes, trailing bytes, wrong hash: 3, nothing stops",
        (
            "unit/test_restore_refused.py::test_a_truncated_file",
            "unit/test_restore_refused.py::test_something_appended",
            "unit/test_restore_refused.py::test_a_flipped_byte",
            "unit/test_restore_refused.py::test_a_wal_beside_it",
            "unit/test_restore_refused.py::test_what_is_no_backup",
            "unit/test_restore_night.py::test_a_copy_with_a_journal_beside_it_is_refused",
            "unit/test_backup_night.py::test_a_database_without_a_table_is_no_backup",
            "unit/test_bring_back.py::test_a_damaged_backup_is_found_before_anything_stops",
            "cli/test_bad_input.py::test_a_bad_file_is_never_restored",
        ),
        (
            f"{REAL}test_a_hostile_file_is_refused_before_anything_stops",
            f"{REAL}test_a_hot_journal_beside_a_backup_is_not_replayed_into_it",
        ),
    ),
    Row(
        "every.signals",
        "SIGINT and SIGTERM cancel while it is safe, SIGHUP leaves; then 128+N",
        (
            WISH,
            "cli/test_signals.py::test_a_signal_before_the_point_of_no_return_cancels_and_waits",
            "cli/test_signals.py::test_a_signal_behind_the_point_of_no_return_waits_for_the_end",
            "cli/test_terminal.py::test_ctrl_c_cancels_and_a_second_one_does_not_skip_the_way_back",
        ),
        (REAL_KILL,),
    ),
    Row(
        "every.state",
        "state folder lost or damaged: rebuilt from manifests and journals",
        (
            "unit/test_journal.py::"
            "test_a_journal_without_a_readable_beginning_is_kept_aside_and_blocks_nothing",
            "unit/test_restore_plan.py::"
            "test_undo_finds_its_safety_copy_by_manifest_where_the_journals_are_lost",
        ),
        skipped=SAME,
    ),
    Row(
        "every.log",
        "the activity log is kept within bounds: a kill or a denial loses nothing that is needed, "
        "a damaged or locked index means only that journals are read",
        (
            "unit/test_activity_bounds.py::"
            "test_killed_at_any_removal_the_next_one_goes_on_and_nothing_needed_is_lost",
            "unit/test_activity_bounds.py::test_what_may_not_be_removed_stays_and_the_rest_goes",
            "unit/test_activity_bounds.py::test_with_the_second_location_away_nothing_goes",
            "unit/test_activity_log.py::test_a_damaged_index_is_made_anew_and_the_log_is_whole",
            "unit/test_activity_log.py::"
            "test_an_index_that_another_screen_writes_only_means_that_journals_are_read",
        ),
        skipped=SAME,
    ),
    Row(
        "every.text",
        "hostile text is cleaned before widget, notification, stdout",
        (
            "cli/test_hostile.py::test_hostile_labels_and_notes_are_kept_exact_and_shown_harmless",
            "app/test_shell_hostile.py::test_hostile_text_is_shown_as_text",
            "app/test_bring_back_screen.py::test_names_of_rows_reach_no_terminal_raw",
            "app/test_rehearsal_screen.py::test_hostile_text_is_shown_and_does_nothing",
            "app/test_sql_pane.py::test_nothing_that_a_terminal_obeys_is_drawn",
            "app/test_migrations_pane.py::test_hostile_messages_are_cleaned_wherever_they_stand",
            "unit/test_switch_night.py::test_a_refused_project_never_says_a_secret",
            "unit/test_migrating_night.py::"
            "test_a_hostile_revision_in_the_database_is_cleaned_where_it_is_named",
            "unit/test_migration_running.py::"
            "test_a_long_statement_is_cut_and_a_hostile_one_is_cleaned",
            "unit/test_backup_night.py::"
            "test_an_id_that_nobody_could_speak_or_type_is_not_taken_over",
        ),
        skipped=SAME,
    ),
)

COLD = (
    Row(
        "cold.copy",
        "copied through the backup API: a clean stop leaves commits in the WAL",
        (
            "unit/test_cold_backup.py::test_what_is_in_the_wal_alone_after_a_clean_stop_is_in_the_copy",
        ),
        (
            "test_backup.py::"
            "test_a_cold_backup_has_what_a_clean_stop_leaves_in_the_wal_and_the_gateway_is_back",
        ),
    ),
    Row(
        "cold.cut",
        "cut before the start: started again",
        (
            KILL,
            "unit/test_cold_backup.py::test_a_cancel_while_it_is_down_starts_it_again_and_leaves_nothing",
        ),
        (f"{REAL}test_a_killed_cold_backup_starts_the_gateway_again",),
    ),
    Row(
        "cold.restarts",
        "the gateway restarts itself in the middle: a hot backup instead",
        (
            CAME,
            "unit/test_cold_backup.py::test_a_gateway_that_comes_back_by_itself_makes_it_a_hot_backup",
        ),
        skipped="met on the process gateway; a container that is started is met in a restore",
    ),
    Row(
        "cold.unhealthy",
        "unhealthy afterwards: the backup is still valid",
        (
            BACK,
            "unit/test_cold_backup.py::"
            "test_a_gateway_that_is_not_healthy_afterwards_costs_14_and_the_backup_is_there",
        ),
        ("test_backup.py::test_an_engine_that_goes_away_midway_costs_13_and_resume_pays_the_debt",),
    ),
)

HOT = (
    Row(
        "hot.writer",
        "under a continuous writer it ends, with 0 restarts, and is one moment",
        (
            "unit/test_hot_backup.py::test_under_a_writer_that_never_rests_every_backup_is_one_moment",
        ),
        (
            "test_backup.py::"
            "test_under_load_every_hot_backup_is_one_moment_and_every_answer_is_a_good_one",
        ),
    ),
    Row(
        "hot.rollback",
        "rollback-journal source: bounded, small steps, else 11 and cold is offered",
        (
            "unit/test_hot_backup.py::test_a_rollback_gateway_is_held_up_for_a_bounded_time_only",
            "unit/test_hot_backup.py::test_a_copy_that_begins_again_for_ever_gives_up_and_names_the_way_out",
        ),
        ("test_restore.py::test_a_restore_takes_the_tool_back_and_keeps_owner_mode_and_revision",),
    ),
    Row(
        "hot.mode",
        "the manifest records the source's journal mode and a restore puts it back",
        ("unit/test_hot_backup.py::test_the_manifest_is_true_for_the_file", KILL),
        (REAL_KILL,),
    ),
    Row(
        "hot.no-locks",
        "copied as immutable by another user: thrown away when the gateway starts meanwhile (11)",
        (
            "unit/test_backup_night.py::"
            "test_a_copy_made_without_locks_is_thrown_away_when_the_gateway_starts_meanwhile",
        ),
        skipped=SAME,
    ),
)

SCHEDULED = (
    Row(
        "scheduled.overlap",
        "overlap: 11, and counted",
        (
            "unit/test_schedule.py::"
            "test_a_scheduled_run_that_finds_the_lock_is_counted_until_one_goes_well",
            "cli/test_failure_hook.py::test_overlap_ends_with_11_and_is_told",
        ),
        skipped=SAME,
    ),
    Row(
        "scheduled.missed",
        "missed while down: once at boot, no catch-up storm",
        ("unit/test_schedule.py::test_the_units_say_what_systemd_must_know",),
        skipped="systemd's own doing; no machine is started anew in a test",
    ),
    Row(
        "scheduled.failure",
        "failure: the last success untouched, prune skipped",
        (
            "cli/test_schedule.py::"
            "test_after_a_backup_that_failed_nothing_is_pruned_and_the_reason_is_mailed",
            "unit/test_schedule.py::"
            "test_prune_is_confirmed_by_name_and_follows_only_a_backup_that_went_well",
            "cli/test_failure_hook.py::test_command_and_webhook_are_told_once_with_the_facts",
            "cli/test_failure_hook.py::"
            "test_a_hook_that_fails_itself_is_told_and_changes_no_exit_code",
        ),
        skipped=SAME,
    ),
    Row(
        "scheduled.unchanged",
        "data unchanged: still recorded",
        (
            "unit/test_schedule.py::test_a_backup_of_unchanged_data_is_made_and_recorded_all_the_same",
        ),
        skipped=SAME,
    ),
)

PRUNE = (
    Row(
        "prune.policy",
        "empty policy or below the minimum: refused",
        (
            "unit/test_prune.py::test_an_empty_policy_is_refused",
            "unit/test_prune.py::test_below_the_minimum_it_is_refused",
        ),
        skipped=SAME,
    ),
    Row(
        "prune.corrupt",
        "newest corrupt: the last verified stays",
        (
            "unit/test_prune.py::test_a_damaged_newest_one_leaves_the_last_verified",
            "unit/test_backup_night.py::"
            "test_nothing_is_pruned_for_the_sake_of_a_backup_that_has_rotted",
            "unit/test_backup_night.py::test_what_latest_takes_is_kept_also_behind_a_newer_adopted_file",
        ),
        skipped=SAME,
    ),
    Row(
        "prune.others",
        "never what another database made, what somebody has open, or what is pinned elsewhere",
        (
            "unit/test_backup_night.py::"
            "test_databases_of_one_name_that_share_a_backup_folder_are_told_apart",
            "unit/test_backup_night.py::"
            "test_backups_of_another_host_and_of_a_moved_database_stay_ours",
            "unit/test_backup_night.py::"
            "test_a_name_that_somebody_else_has_a_manifest_for_is_not_taken",
            "unit/test_backup_night.py::"
            "test_a_file_that_somebody_has_open_is_neither_adopted_nor_pruned",
            "unit/test_backup_night.py::"
            "test_a_pin_holds_in_the_second_location_when_the_first_file_is_lost",
        ),
        skipped=SAME,
    ),
    Row(
        "prune.safety",
        "safety copies: newest 3 and 30 days",
        (
            "unit/test_prune.py::test_the_copy_undo_needs_stays_and_old_safety_copies_go",
            "unit/test_retention.py::test_the_fourth_safety_copy_stays_for_thirty_days",
        ),
        skipped=SAME,
    ),
    Row(
        "prune.killed",
        "killed: the deleting mark is finished later",
        (
            KILL,
            "unit/test_prune.py::test_killed_anywhere_the_marked_file_goes_later_and_nothing_else",
        ),
        skipped=SAME,
    ),
    Row(
        "prune.eacces",
        "one EACCES: the rest goes on, 15",
        ("unit/test_prune.py::test_one_that_may_not_be_removed_is_named_and_the_rest_goes_on",),
        skipped=SAME,
    ),
)

RESTORE = (
    Row(
        "restore.1",
        "verified, compared as staged, owner and mode as the live file's",
        (
            "unit/test_restore_refused.py::test_a_manifest_of_another_file",
            "unit/test_restore_ways.py::test_owner_and_mode_are_those_of_the_old_file",
        ),
        ("test_restore.py::test_a_restore_takes_the_tool_back_and_keeps_owner_mode_and_revision",),
    ),
    Row(
        "restore.2",
        "viewers let go at `release` and read the new inode later",
        (
            "app/test_shell_live.py::test_viewers_let_go_while_another_terminal_restores",
            "app/test_sql_files.py::test_a_statement_that_never_ends_does_not_hold_up_a_restore",
            "unit/test_looking.py::test_a_released_viewer_holds_nothing_and_reads_again_later",
        ),
        ("test_keys.py::test_restore_by_keys_after_docker_kill_with_another_screen_looking_on",),
    ),
    Row(
        "restore.3",
        "the gateway is stopped",
        (HANGS,),
        (f"{REAL}test_a_container_that_will_not_stop_is_killed_by_the_engine",),
    ),
    Row(
        "restore.4",
        "sole ownership proved by SQLite, then link and rename under BEGIN EXCLUSIVE",
        (
            HELPER,
            "unit/test_swap_helper.py::test_nobody_can_open_the_file_while_it_is_held",
            "unit/test_swap_helper.py::test_an_idle_reader_makes_it_busy_and_the_mode_stays",
        ),
        (REAL_KILL, f"{REAL}test_somebody_who_does_not_let_go_is_named"),
    ),
    Row(
        "restore.5",
        "healthy, our inode, revision, tables; row differences are only reported",
        (KILL, BACK),
        (
            "test_restore.py::test_an_old_release_s_backup_is_migrated_by_the_new_gateway_and_keeps_its_rows",
            "test_restore.py::test_a_gateway_that_cannot_become_healthy_gets_its_old_database_back",
        ),
    ),
    Row(
        "restore.6",
        "the safety copy is checked and catalogued",
        (
            KILL,
            "unit/test_restore_ways.py::test_every_commit_of_a_killed_gateway_is_in_the_safety_copy",
        ),
        ("test_restore.py::test_after_docker_kill_the_safety_copy_holds_every_commit_of_the_wal",),
    ),
    Row(
        "restore.write-through",
        "other filesystem or refused chown: written through the backup API",
        (
            "unit/test_restore_write_through.py::test_killed_anywhere_it_is_old_or_new_and_whole",
            "unit/test_restore_write_through.py::test_a_state_folder_on_another_filesystem",
        ),
        (
            "test_restore_variants.py::"
            "test_other_containers_on_the_file_are_named_and_then_it_is_written_into",
        ),
    ),
    Row(
        "restore.damaged",
        "live file too damaged for SQLite: set aside with its sidecars",
        (
            "unit/test_restore_ways.py::test_a_damaged_live_file_is_kept_as_found_with_its_sidecars",
            "unit/test_restore_ways.py::test_an_undone_restore_brings_the_sidecars_of_a_damaged_file_back",
            "unit/test_restore_night.py::test_the_wal_of_an_emptied_live_file_goes_aside_with_it",
        ),
        (
            "test_restore_variants.py::"
            "test_a_gateway_that_restarts_again_and_again_on_a_damaged_file_gets_the_backup",
        ),
    ),
    Row(
        "restore.newer",
        "backup newer than the image: refused (12) with the release; older: said",
        ("unit/test_restore_refused.py::test_a_revision_that_the_gateway_does_not_know",),
        ("test_restore.py::test_a_newer_backup_is_refused_and_the_release_it_needs_is_named",),
    ),
    Row(
        "restore.secret",
        "encryption secret differs: loud warning",
        ("unit/test_restore_plan.py::test_the_secret_of_the_backup_is_compared",),
        skipped="a comparison of two fingerprints",
    ),
    Row(
        "restore.foreign",
        "a foreign process has the file open: listed, refused",
        ("unit/test_restore_refused.py::test_somebody_who_has_the_file_open_is_named",),
        (f"{REAL}test_somebody_who_does_not_let_go_is_named",),
    ),
    Row(
        "restore.killed",
        "killed at any step, any number of times, also while undoing: old or new, whole",
        (
            KILL,
            CHANCE,
            "unit/test_restore_killed.py::"
            "test_a_recovery_killed_as_well_is_carried_through_by_the_next",
            "unit/test_restore_ways.py::test_a_way_back_that_is_killed_is_gone_to_its_end_by_the_next",
            "unit/test_restore_night.py::"
            "test_a_writing_that_is_cut_and_cut_again_while_it_is_finished",
            "unit/test_restore_night.py::"
            "test_a_helper_that_is_killed_on_the_way_back_is_not_the_end_of_it",
            "unit/test_restore_night.py::"
            "test_a_restore_that_resume_finished_ends_the_suspicion_of_the_old_file",
        ),
        (REAL_KILL, REAL_CHANCE),
    ),
    Row(
        "restore.way-back",
        "the way back never overwrites what somebody else put there meanwhile (5)",
        (
            "unit/test_restore_night.py::"
            "test_a_file_that_somebody_put_there_is_not_overwritten_by_a_way_back",
        ),
        skipped=SAME,
    ),
    Row(
        "restore.impossible",
        "undo impossible: nothing deleted, three exact commands, 5",
        (
            "unit/test_restore_ways.py::test_a_way_back_that_is_barred_says_three_lines_that_work",
            DENIED,
        ),
        skipped="the lines are made of the same words for both kinds; only `docker` differs",
    ),
)

UNDO = (
    Row(
        "undo",
        "a restore from the safety copy, which makes its own",
        (
            "unit/test_restore_ways.py::test_undo_and_the_undo_of_the_undo",
            "unit/test_restore_night.py::test_undo_finds_a_restore_behind_many_other_operations",
            KILL,
        ),
        ("test_restore.py::test_a_restore_takes_the_tool_back_and_keeps_owner_mode_and_revision",),
    ),
)

BRING = "unit/test_bring_back.py::"
BRING_ROWS = "unit/test_bring_back_rows.py::"
REAL_BRING = (
    "test_bring_back.py::test_a_tool_that_was_deleted_is_listed_again_and_nothing_else_changed"
)

BRING_BACK = (
    Row(
        "bring-back.order",
        "stopped, alone, a verified safety copy, one transaction; nothing else changes",
        (
            f"{BRING}test_a_deleted_gateway_comes_back_with_its_tools_and_nothing_else_changes",
            f"{BRING}test_a_stopped_gateway_stays_stopped_and_the_file_is_to_the_byte_of_content_as_it_was",
            f"{BRING}test_nothing_to_bring_back_stops_nothing",
            f"{BRING}test_undo_takes_it_back",
            f"{BRING_ROWS}test_what_is_done_must_be_what_was_shown",
        ),
        (REAL_BRING,),
    ),
    Row(
        "bring-back.keys",
        "foreign keys, unique values and rules of the live schema: refused, or all taken back",
        (
            f"{BRING}test_a_unique_value_that_another_row_has_is_refused_with_both_named",
            f"{BRING}test_a_rule_of_the_live_schema_takes_everything_back",
            f"{BRING}test_what_was_changed_since_the_plan_is_not_overwritten",
            f"{BRING_ROWS}test_a_foreign_key_that_a_replaced_row_would_break_is_named",
            f"{BRING_ROWS}test_a_type_that_would_change_a_value_takes_everything_back",
            f"{BRING_ROWS}test_triggers_do_not_run_and_are_there_afterwards",
        ),
        skipped="SQLite's rules on our own files; the real gateway's schema is met in the order",
    ),
    Row(
        "bring-back.killed",
        "killed, cancelled or its helper killed at every step: all of the rows are back or none",
        (
            KILL,
            FULL,
            WISH,
            f"{BRING}test_killed_anywhere_the_rows_are_all_back_or_none_is",
            f"{BRING}test_both_processes_killed_with_half_of_it_in_the_file_leave_none_of_it",
            f"{BRING}test_a_helper_killed_at_the_commit_is_judged_by_what_stands_in_the_file",
            f"{BRING}test_a_way_back_that_is_killed_is_gone_to_its_end",
            f"{BRING}test_a_cancel_before_the_commit_leaves_everything_as_it_was",
            f"{BRING}test_a_cancel_after_the_commit_comes_too_late",
        ),
        skipped="stop, start and safety copy are a restore's, killed on the real gateway there",
    ),
    Row(
        "bring-back.unhealthy",
        "not healthy with it: the database as it was, whole (4)",
        (
            f"{BRING}test_a_gateway_that_does_not_become_healthy_gets_its_database_as_it_was",
            BACK,
        ),
        skipped="the way back is a restore's, met on the real gateway there",
    ),
)

EXPORT = "unit/test_export.py::"
IMPORT = "unit/test_import_rows.py::"
IMPORT_RULES = "unit/test_import_rules.py::"
OUT = "unit/test_rows_out.py::"

EXPORT_IMPORT = (
    Row(
        "export",
        "one read transaction for all tables; .partial, manifest last; nothing half done",
        (
            f"{EXPORT}test_all_tables_go_into_a_private_folder_with_a_manifest",
            f"{EXPORT}test_all_tables_are_of_one_moment_and_the_live_file_is_let_go",
            f"{EXPORT}test_nothing_that_is_there_is_replaced_unless_asked",
            f"{EXPORT}test_a_stop_leaves_nothing_and_what_a_killed_one_left_is_swept",
            f"{EXPORT}test_a_full_disk_is_one_sentence_and_leaves_nothing",
        ),
        (
            "test_export_import.py::"
            "test_every_table_of_the_real_database_is_written_exactly_in_every_format",
        ),
    ),
    Row(
        "export.values",
        "NULL, blob, newline, encoding round-trip; formulas; secrets left out unless asked",
        (
            f"{OUT}test_every_value_comes_back_as_it_was",
            f"{OUT}test_the_edges_come_back_as_they_were",
            f"{OUT}test_formulas_are_made_harmless_and_nothing_else",
            f"{EXPORT}test_secrets_are_written_on_purpose_and_noted_before_they_leave",
            f"{EXPORT}test_a_secret_under_another_name_is_left_out_of_a_view",
            f"{EXPORT}test_a_filter_line_chooses_rows_and_never_tells_a_secret",
        ),
        (
            "test_export_import.py::"
            "test_every_table_of_the_real_database_is_written_exactly_in_every_format",
        ),
    ),
    Row(
        "import.order",
        "stopped, alone, a verified safety copy, one transaction; secrets are not overwritten",
        (
            KILL,
            f"{IMPORT}test_rows_go_in_secrets_stay_and_undo_takes_it_back",
            f"{IMPORT}test_a_kill_leaves_the_old_rows_or_the_new_ones",
            f"{IMPORT}test_a_file_that_was_changed_since_the_plan_needs_a_new_one",
            f"{IMPORT_RULES}test_columns_that_the_file_has_not_keep_what_is_there",
        ),
        (
            "test_export_import.py::"
            "test_a_tool_that_was_deleted_is_imported_and_the_gateway_lists_it",
        ),
    ),
    Row(
        "import.rows",
        "a bad row stops nothing and names its line; foreign keys are checked",
        (
            f"{IMPORT}test_a_bad_row_stops_nothing_and_names_its_line",
            f"{IMPORT_RULES}test_what_forbids_it_names_its_line_and_nothing_is_written",
            f"{OUT}test_what_is_wrong_names_its_line",
        ),
        skipped="SQLite's rules on our own files; the real gateway's schema is met in the order",
    ),
)

REHEARSAL = (
    Row(
        "rehearse.live",
        "a rehearsal works on a hot copy that is thrown away; the live file stays as it is",
        (
            "unit/test_rehearse.py::"
            "test_an_upgrade_is_rehearsed_and_told_and_the_live_files_stay_byte_for_byte",
            "unit/test_rehearse.py::"
            "test_rows_that_the_gateway_writes_meanwhile_are_live_and_nothing_is_swapped",
            KILL,
            FULL,
            WISH,
        ),
        (
            "test_migrations.py::"
            "test_0_3_1_is_rehearsed_with_1_0_7_then_upgraded_with_the_image_and_taken_back",
        ),
    ),
    Row(
        "rehearse.failing",
        "a failing revision: named with its statement, the report kept, nothing changed (1)",
        (
            "unit/test_rehearse.py::"
            "test_a_revision_that_fails_in_batch_mode_is_named_with_its_statement_and_changes_nothing",
            "unit/test_rehearse.py::test_what_a_migration_damages_without_failing_is_exit_3",
        ),
        (
            f"{REAL_MIGRATIONS}"
            "test_a_gateway_that_crashes_in_its_migration_is_rehearsed_and_named_by_the_doctor",
        ),
    ),
    Row(
        "rehearse.killed",
        "killed or its child dead: no copy, no process, no container is left, the gateway alone",
        (
            KILL,
            "unit/test_rehearse.py::"
            "test_a_process_that_dies_in_a_revision_leaves_nothing_running_and_no_copy",
            "unit/test_migration_running.py::test_it_dies_with_the_process_that_runs_it",
        ),
        (
            "test_migration_faults.py::"
            "test_a_rehearsal_that_is_killed_leaves_no_container_and_the_gateway_alone",
        ),
    ),
    Row(
        "rehearse.reports",
        "a report counts for an upgrade only where all is the same and of this day; damaged: told",
        (
            "unit/test_rehearsals.py::test_a_good_report_of_this_day_and_of_the_same_thing_matches",
            "unit/test_rehearsals.py::test_another_action_target_image_or_start_does_not",
            "unit/test_rehearsals.py::test_one_that_failed_or_is_old_or_of_the_future_does_not",
            "unit/test_rehearsals.py::"
            "test_a_newer_failure_of_the_same_thing_outweighs_an_older_success",
            "unit/test_migrating_night.py::"
            "test_a_rehearsal_speaks_for_the_file_and_the_revisions_that_it_was_made_with",
            "unit/test_rehearsals.py::test_a_damaged_report_is_told_and_does_not_hide_the_others",
            "unit/test_rehearsals.py::test_strangers_and_links_are_neither_read_nor_removed",
        ),
        (REAL_UPGRADE,),
    ),
)

ONE_OFF = (
    Row(
        "one-off.made",
        "scratch folder for the data, other mounts read-only, no network, restart, health, Compose",
        (
            "unit/test_probe.py::"
            "test_a_one_off_container_has_the_services_settings_and_nothing_of_its_data",
            "unit/test_probe.py::test_labels_that_compose_baked_into_the_image_are_emptied",
            "unit/test_probe.py::test_a_scratch_folder_stands_where_the_data_folder_is",
            "unit/test_migration_running.py::test_the_live_database_is_not_within_reach",
        ),
        (f"{REAL_RUN}test_an_old_database_runs_through_all_revisions_of_another_image",),
    ),
    Row(
        "one-off.as-a-start",
        "migrations and then the gateway's own bootstrap, as a start does",
        (
            "unit/test_migration_running.py::test_a_bootstrap_follows_the_migrations_as_at_a_start",
            "unit/test_rehearse.py::"
            "test_what_the_start_behind_the_migrations_removes_is_told_and_not_lost",
        ),
        (f"{REAL_RUN}test_an_old_database_runs_through_all_revisions_of_another_image",),
    ),
    Row(
        "one-off.left",
        "ended, cancelled or killed: none is left; the next run removes what a killed one left",
        (
            "unit/test_migration_running.py::test_it_dies_with_the_process_that_runs_it",
            "unit/test_migration_running.py::test_a_checkpoint_that_raises_ends_it_at_once",
            "unit/test_migration_running.py::test_a_listener_that_raises_ends_it_too",
            "unit/test_migrating_night.py::"
            "test_a_process_that_left_the_session_of_its_migration_ends_with_it",
        ),
        (
            f"{REAL_RUN}test_a_killed_run_leaves_a_container_that_the_next_one_removes",
            f"{REAL_RUN}test_a_stop_that_is_asked_for_leaves_no_container",
            "test_migration_faults.py::test_an_upgrade_that_is_killed_or_cancelled",
        ),
    ),
    Row(
        "one-off.hangs",
        "a revision that hangs is ended at the deadline and named with its statement",
        (
            "unit/test_migration_running.py::"
            "test_a_revision_that_hangs_is_ended_at_the_deadline_and_named",
        ),
        skipped="the deadline is the caller's, the same for both; ending a container is met above",
    ),
    Row(
        "one-off.state",
        "running, stopped, crash-looping, container gone, no Docker at all: it works or is named",
        (
            "unit/test_migration_running.py::"
            "test_without_docker_an_interpreter_that_is_named_does_it",
            "unit/test_migration_running.py::test_without_the_gateways_code_it_says_what_to_name",
            "unit/test_rehearse.py::test_a_container_without_an_engine_is_refused_with_docker_s_code",
        ),
        (
            f"{REAL_RUN}test_it_does_not_matter_what_the_gateway_is_doing",
            f"{REAL_RUN}test_a_container_that_is_gone_leaves_image_and_compose_file",
            f"{REAL_RUN}test_without_the_settings_nothing_runs",
            f"{REAL_RUN}test_an_image_that_is_not_here_is_named",
            f"{REAL_MIGRATIONS}test_without_docker_an_interpreter_with_the_code_is_enough",
        ),
    ),
)

SWITCH = "unit/test_switching.py::"
SWITCH_NIGHT = "unit/test_switch_night.py::"
UP = "unit/test_compose_up.py::"

IMAGE = (
    Row(
        "image.forth",
        "the image that Compose names now, by its id, and no other; never pulled, no file edited",
        (
            f"{SWITCH}test_the_gateway_starts_with_the_other_image_and_goes_back_to_the_old_one",
            f"{SWITCH}test_an_image_that_compose_does_not_name_is_for_rehearsals_alone",
            f"{UP}test_a_container_is_made_with_the_named_image_and_not_started",
            f"{UP}test_another_image_than_the_one_that_is_meant_is_never_started",
            f"{UP}test_an_image_that_is_not_named_any_more_is_not_brought_in",
            f"{UP}test_a_registry_is_not_asked_for_another_image_than_the_one_that_is_meant",
        ),
        (
            REAL_UPGRADE,
            f"{REAL_SWITCH}test_a_container_is_remade_and_goes_back_while_nothing_of_it_runs",
        ),
    ),
    Row(
        "image.back",
        "does not start: old file, old owner, old image id together; the old image is kept",
        (
            f"{SWITCH}test_an_image_that_cannot_be_brought_in_is_no_start",
            f"{SWITCH}test_the_way_back_needs_no_compose_where_nothing_was_made",
            f"{SWITCH}test_the_former_image_is_kept_and_no_older_one",
            f"{SWITCH}test_a_former_image_that_lost_its_name_comes_back_by_ours",
            f"{UP}test_a_pinned_image_is_told_in_a_private_file_that_is_gone_afterwards",
            f"{SWITCH_NIGHT}"
            "test_where_the_way_back_is_barred_the_commands_bring_image_and_owner_back_too",
        ),
        (
            f"{REAL_SWITCH}"
            "test_a_next_release_that_does_not_start_gives_file_owner_and_image_back_together",
        ),
    ),
    Row(
        "image.undo",
        "undo brings the image back with the file and the owners, or is refused without the image",
        (
            f"{SWITCH}test_undo_takes_the_image_back_with_the_file",
            f"{SWITCH}test_undo_gives_the_files_back_to_whom_they_belonged",
            f"{SWITCH}test_undo_is_refused_without_the_former_image",
        ),
        (REAL_UPGRADE,),
    ),
    Row(
        "image.cut",
        "Compose fails, hangs or is killed: the old container keeps its name, one run at a time",
        (
            f"{SWITCH}test_done_again_after_a_cut_it_does_nothing",
            f"{UP}test_a_compose_that_fails_leaves_the_old_container_under_its_name",
            f"{UP}test_a_compose_that_hangs_while_it_makes_a_container_is_an_end",
            f"{UP}test_the_run_of_a_killed_operation_is_waited_for",
            f"{UP}test_a_command_outlives_its_parent_and_keeps_the_lock",
            f"{UP}test_a_container_that_waits_under_the_name_of_a_cut_run_gets_its_own_back",
            f"{SWITCH_NIGHT}"
            "test_the_way_back_waits_for_a_compose_that_a_killed_operation_left_at_work",
        ),
        (
            f"{REAL_SWITCH}"
            "test_a_compose_that_is_killed_in_the_middle_leaves_a_container_to_go_on_with",
        ),
    ),
    Row(
        "image.by-hand",
        "without Compose the command is shown and waited for, not for ever; another image: refused",
        (
            f"{SWITCH}test_without_compose_the_command_is_told_that_is_waited_for",
            f"{SWITCH}test_a_container_that_a_person_makes_is_waited_for",
            f"{SWITCH}test_another_image_that_a_person_starts_is_stopped_and_refused",
            f"{SWITCH}test_a_person_is_not_waited_for_for_ever",
            f"{SWITCH}test_the_way_back_by_hand_has_its_file_until_it_is_gone",
        ),
        skipped="what a person types is Compose itself, met above; only who runs it differs",
    ),
    Row(
        "image.owner",
        "whom the files must belong to is known before anything stops; changed, and changed back",
        (
            f"{SWITCH}test_who_must_own_the_database_is_decided_before_anything_stops",
            f"{SWITCH}test_only_root_gives_files_away_and_others_are_told_the_command",
            f"{SWITCH}test_owners_change_and_come_back",
            f"{SWITCH_NIGHT}"
            "test_who_is_not_root_is_not_led_to_take_the_file_from_the_gateway_that_runs",
        ),
        (
            REAL_UPGRADE,
            f"{REAL_SWITCH}test_owners_change_inside_a_container_where_numbers_are_not_the_hosts",
            f"{REAL_SWITCH}test_whom_a_container_runs_as_is_read_out_of_its_image",
        ),
    ),
    Row(
        "own",
        "a folder of the wrong user: named by the doctor, given by `own`; cut: given back or done",
        (
            f"{SWITCH}test_own_says_whose_what_becomes",
            f"{SWITCH}test_own_has_nothing_to_do_where_all_may_be_written",
            f"{SWITCH}test_own_that_was_cut_gives_everything_back",
            f"{SWITCH}test_own_that_was_cut_behind_the_giving_is_finished",
            "unit/test_migration_doctor.py::test_a_folder_or_file_of_another_user_is_given_away",
        ),
        (
            f"{REAL_MIGRATIONS}"
            "test_a_folder_of_the_old_user_is_named_by_the_doctor_and_its_fix_works",
        ),
    ),
)

DOC = "unit/test_doctor.py::"
DOC_CRON = "unit/test_doctor_cron.py::"
DOC_FIX = "unit/test_doctor_remedies.py::"
REAL_DOC = "test_doctor.py::"
DOCTOR = (
    Row(
        "doctor",
        "finds what is wrong, changes nothing but marks damage; what cannot be looked at is told",
        (
            f"{DOC}test_a_deployment_in_order_is_all_ok_and_is_looked_at_in_two_seconds",
            f"{DOC}test_a_check_that_cannot_look_stops_no_other",
            f"{DOC}test_a_wal_that_a_kill_left_is_counted_and_kept",
            f"{DOC}test_a_full_disk_is_told_with_what_may_go",
            f"{DOC}test_who_holds_the_write_lock_is_named_with_what_ends_it",
            f"{DOC}test_sidecars_of_another_user_are_told_and_never_to_be_deleted",
            f"{DOC}test_a_disk_that_fails_in_the_deep_look_is_a_failure_and_remembered",
            f"{DOC}test_what_a_stopped_container_keeps_to_itself_is_asked_for",
            f"{DOC}test_log_files_that_may_not_be_looked_at_are_not_called_well",
            f"{DOC_CRON}test_hostile_tables_are_no_reason_to_stop",
        ),
        (
            f"{REAL_DOC}"
            "test_a_new_release_that_may_not_write_is_found_in_its_crash_loop_and_given_its_files",
            f"{REAL_DOC}test_a_wal_that_a_kill_left_is_counted_and_taken_in_by_a_start",
            f"{REAL_DOC}test_who_holds_it_locked_outside_is_named",
            f"{REAL_DOC}test_who_holds_it_locked_in_another_container_is_named_with_that_container",
            f"{REAL_DOC}test_a_full_disk_is_found_and_what_no_rule_keeps_gives_room",
        ),
    ),
    Row(
        "modes",
        "a folder that its owner may not write is opened to it; cut: put back; links not followed",
        (
            KILL,
            f"{DOC_FIX}test_the_owner_may_write_and_all_the_world_may_not",
            f"{DOC_FIX}test_modes_that_were_cut_are_put_back_and_others_are_left",
            f"{DOC_FIX}test_a_link_in_the_place_of_the_database_keeps_its_target_s_mode",
            f"{DOC_FIX}test_who_may_not_change_a_mode_is_told_with_sudo",
            f"{DOC_FIX}test_a_gateway_that_writes_by_everybody_s_right_is_given_the_files_before_"
            "it_goes",
            f"{DOC_FIX}test_everybody_s_right_stays_where_the_gateway_s_user_is_not_known",
        ),
        (f"{REAL_DOC}test_a_folder_that_its_owner_may_not_write_is_opened_to_it",),
    ),
    Row(
        "make-folder",
        "a missing data folder is made for the gateway's user; one that holds something is left",
        (
            f"{DOC_FIX}test_a_missing_folder_is_made",
            f"{DOC_FIX}test_a_folder_that_holds_something_is_left_alone",
            f"{DOC_FIX}test_a_folder_that_was_begun_is_finished",
        ),
        (f"{REAL_DOC}test_a_folder_that_is_gone_is_made_for_the_gateway_s_user",),
    ),
    Row(
        "uncron",
        "the guide's line becomes a comment, the table is kept; changed meanwhile: left; cut: done",
        (
            KILL,
            f"{DOC_CRON}test_the_line_becomes_a_comment_and_the_table_is_kept_as_it_was",
            f"{DOC_CRON}test_an_earlier_copy_is_never_written_over",
            f"{DOC_CRON}test_a_table_that_changed_since_it_was_looked_at_is_left_as_it_is",
            f"{DOC_CRON}test_a_table_that_is_a_link_is_not_followed",
            f"{DOC_CRON}test_lines_of_a_user_s_crontab_are_found_behind_the_header_that_crontab_"
            "does_not_show",
            f"{DOC_CRON}test_a_user_s_crontab_with_a_line_more_or_less_than_was_seen_is_left_as_"
            "it_is",
        ),
        skipped=SAME,
    ),
)

NEW_FILE = (
    Row(
        "bootstrap",
        "built aside, put where nothing is, whole or not at all; never made by merely looking",
        (
            "unit/test_bootstrap.py::test_killed_anywhere_there_is_nothing_or_a_whole_database",
            "unit/test_bootstrap.py::test_a_missing_database_is_made_and_the_gateway_stays_as_it_was",
            "unit/test_bootstrap.py::test_a_bootstrap_that_fails_leaves_nothing_there",
            "unit/test_bootstrap.py::test_a_gateway_that_does_not_come_up_with_it_keeps_it",
            "unit/test_bootstrap.py::"
            "test_what_a_removed_database_left_beside_it_is_never_replayed_into_the_new_one",
            "unit/test_migration_doctor.py::"
            "test_a_missing_database_is_bootstrapped_and_not_made_by_looking",
        ),
        (
            "test_bootstrap_reset.py::"
            "test_a_missing_database_is_made_while_the_gateway_is_stopped_and_taken_back",
        ),
    ),
    Row(
        "bootstrap.undo",
        "the undo of a bootstrap: the path empty again only under a stopped gateway, the file kept",
        (
            "unit/test_bootstrap.py::"
            "test_its_undo_leaves_nothing_there_again_and_the_undo_of_that_puts_it_back",
            "unit/test_bootstrap.py::"
            "test_an_undo_killed_anywhere_has_the_database_in_exactly_one_place",
        ),
        (
            "test_bootstrap_reset.py::"
            "test_a_missing_database_is_made_while_the_gateway_is_stopped_and_taken_back",
        ),
    ),
    Row(
        "reset",
        "built aside before anything stops, then swapped; the old file is the safety copy",
        (
            KILL,
            "unit/test_reset.py::"
            "test_a_reset_and_its_undo_with_every_row_that_was_written_until_the_stop",
            "unit/test_reset.py::"
            "test_a_bootstrap_that_fails_changes_nothing_and_touches_no_gateway",
            "unit/test_reset.py::"
            "test_a_gateway_that_does_not_work_with_it_gets_its_old_database_back",
            "unit/test_reset.py::test_a_disk_that_is_full_stops_it_before_anything_stops",
            "unit/test_reset.py::"
            "test_somebody_who_starts_the_gateway_while_it_is_down_stops_the_reset",
            "unit/test_reset.py::test_what_is_damaged_is_set_aside_as_found",
        ),
        ("test_migrations.py::test_reset_its_undo_and_a_bootstrap_of_what_is_missing",),
    ),
    Row(
        "leftovers",
        "a table that a cut migration left: dropped where no row is lost, else renamed or told",
        (
            "unit/test_leftovers.py::test_the_only_rows_there_are_are_never_dropped",
            "unit/test_migrating_night.py::"
            "test_a_leftover_is_dropped_only_where_each_of_its_rows_is_in_its_table",
            "unit/test_migrating_night.py::"
            "test_a_leftover_gets_its_name_back_though_a_view_and_a_trigger_miss_the_table",
            "unit/test_leftovers.py::"
            "test_a_table_that_was_made_anew_with_fewer_rows_has_no_automatic_remedy",
            "unit/test_migration_doctor.py::test_where_both_have_rows_a_person_must_look",
        ),
        (
            "test_bootstrap_reset.py::"
            "test_real_schemas_fit_their_stamps_and_one_that_does_not_is_told",
        ),
    ),
)

MIGRATE = (
    Row(
        "upgrade.order",
        "rehearsed copy thrown away, the stopped file copied, migrated, checked, swapped in (I9)",
        (
            "unit/test_upgrade.py::test_rows_written_while_it_is_rehearsed_and_until_the_stop_"
            "are_in_the_upgraded_database",
            "unit/test_upgrade.py::test_what_was_rehearsed_today_is_not_rehearsed_again_and_tells_"
            "the_downtime",
            "unit/test_upgrade.py::test_where_no_file_can_take_its_place_the_copy_is_written_in_"
            "after_a_safety_copy",
        ),
        (
            "test_migrations.py::"
            "test_an_upgrade_keeps_every_row_that_was_acknowledged_from_the_rehearsal_to_the_stop",
        ),
    ),
    Row(
        "upgrade.killed",
        "killed, cancelled, out of space at every step: old or new, whole, gateway back",
        (KILL, FULL, DENIED, WISH, HELPER, CAME, HANGS),
        ("test_migration_faults.py::test_an_upgrade_that_is_killed_or_cancelled",),
    ),
    Row(
        "upgrade.failing",
        "a failing revision: live untouched, gateway back, the statement shown (1)",
        (
            "unit/test_upgrade.py::test_a_revision_that_raises_in_the_rehearsal_stops_nothing",
            "unit/test_upgrade.py::test_a_revision_that_raises_on_the_stopped_copy_alone_leaves_"
            "the_live_file_untouched",
            "unit/test_upgrade.py::test_more_rows_lost_than_were_seen_change_nothing",
            "unit/test_upgrade.py::test_rows_that_are_lost_must_have_been_seen_in_the_plan",
        ),
        (
            "test_migrations.py::"
            "test_a_revision_that_fails_on_the_stopped_file_alone_gets_the_gateway_back",
            "test_migrations.py::"
            "test_a_failing_revision_leaves_a_stopped_deployment_as_it_was_to_the_byte",
        ),
    ),
    Row(
        "upgrade.unhealthy",
        "not healthy with it: the very same old file comes back, with its image (4)",
        (
            "unit/test_upgrade.py::test_a_gateway_that_does_not_work_with_it_gets_its_very_file_back",
            BACK,
        ),
        (
            f"{REAL_SWITCH}"
            "test_a_next_release_that_does_not_start_gives_file_owner_and_image_back_together",
        ),
    ),
    Row(
        "upgrade.refused",
        "unknown revision, several heads, leftovers, nothing to do: refused with the remedy",
        (
            "unit/test_upgrade.py::"
            "test_a_revision_that_the_code_does_not_know_is_named_with_what_to_do",
            "unit/test_upgrade.py::test_several_heads_are_refused",
            "unit/test_upgrade.py::test_what_a_cut_migration_left_is_put_right_only_when_asked_for",
            "unit/test_upgrade.py::"
            "test_somebody_who_has_the_file_open_is_named_and_nothing_changes",
            "unit/test_migrating_night.py::"
            "test_somebody_who_opens_the_live_file_while_the_copy_is_migrated_never_writes_in_vain",
        ),
        (
            "test_migrations.py::"
            "test_an_old_image_on_a_newer_file_says_what_made_it_and_changes_nothing",
            "test_migrations.py::"
            "test_a_file_that_was_wedged_by_hand_is_named_and_repaired_with_a_safety_copy",
        ),
    ),
    Row(
        "downgrade",
        "by one and to a named revision; what the gateway's start makes of it is said",
        (
            KILL,
            "unit/test_downgrade.py::"
            "test_down_by_one_and_to_a_named_revision_keeps_rows_and_is_undone",
            "unit/test_downgrade.py::"
            "test_a_gateway_that_migrates_at_its_start_goes_up_again_and_both_say_so",
            "unit/test_downgrade.py::test_a_downgrade_that_refuses_stops_nothing",
            "unit/test_downgrade.py::test_what_it_may_drop_is_told_before_it_is_confirmed",
        ),
        (
            "test_migrations.py::"
            "test_downgrade_to_a_revision_and_stamp_want_the_name_and_are_undone",
        ),
    ),
    Row(
        "stamp",
        "the version alone changes, on a copy that is swapped in; says that it makes no change",
        (
            KILL,
            "unit/test_stamp.py::test_a_stamp_changes_the_version_alone_says_so_and_is_undone",
            "unit/test_stamp.py::test_a_version_that_nobody_knows_and_a_missing_one_can_be_stamped",
            "unit/test_stamp.py::test_what_a_stamp_takes_for_granted_and_is_not_there_is_named",
        ),
        (
            "test_migrations.py::"
            "test_downgrade_to_a_revision_and_stamp_want_the_name_and_are_undone",
        ),
    ),
)

_KEPT = "unit/test_maintenance.py::"
_TUNED = "unit/test_tuning.py::"

MAINTENANCE = (
    Row(
        "maintain.stopped",
        "VACUUM, ANALYZE, REINDEX: gateway stopped, a new file takes the place, rows kept",
        (
            f"{_KEPT}test_a_vacuum_keeps_every_row_until_the_stop_and_gives_back_the_unused_pages",
            f"{_KEPT}test_row_numbers_that_a_view_goes_by_stay_or_nothing_is_done",
            f"{_KEPT}test_a_new_file_with_other_row_numbers_or_another_schema_is_not_put_in_place",
            f"{_KEPT}test_the_routine_with_a_stop_does_all_of_it_in_one_stop",
        ),
        ("test_maintain.py::test_the_weekly_routine_from_cron_and_with_a_stop",),
    ),
    Row(
        "maintain.online",
        "only on request: no checkpoint by us, a verified copy before, writers wait",
        (
            f"{_KEPT}test_a_vacuum_beside_the_gateway_stops_nobody_and_follows_a_verified_copy",
            f"{_KEPT}test_another_journal_mode_than_wal_is_not_written_beside_the_gateway",
            f"{_KEPT}test_a_foreign_writer_is_named_by_what_is_done_beside_the_gateway",
            f"{_KEPT}test_the_routine_beside_the_gateway_vacuums_after_its_own_backup",
        ),
        ("test_maintain.py::test_a_vacuum_beside_the_real_gateway_that_goes_on_writing",),
    ),
    Row(
        "maintain.killed",
        "killed, cancelled, out of space at every step: same rows, whole, gateway back",
        (
            KILL,
            FULL,
            DENIED,
            WISH,
            f"{_KEPT}test_a_vacuum_beside_the_gateway_that_is_cut_leaves_the_same_rows_and_"
            "no_half_copy",
            f"{_KEPT}test_a_disk_that_fills_up_under_a_vacuum_beside_the_gateway",
            f"{_KEPT}test_a_routine_beside_the_gateway_that_is_killed_keeps_its_backup",
        ),
        (
            "test_maintain.py::"
            "test_a_routine_that_is_killed_leaves_the_file_as_it_was_and_the_gateway_back",
            "test_maintain.py::test_a_disk_that_is_full_while_the_new_file_is_written",
        ),
    ),
    Row(
        "maintain.space",
        "one more file stopped, twice the space online: 12 with figures before anything stops",
        (f"{_KEPT}test_a_disk_without_room_is_told_with_figures_before_anything_stops",),
        skipped=SAME,
    ),
    Row(
        "maintain.held",
        "a foreign reader or writer is named: 11, nothing stops",
        (f"{_KEPT}test_a_foreign_reader_is_named_and_nothing_stops",),
        skipped="other processes are seen the same way: the rows of restore",
    ),
    Row(
        "maintain.cron",
        "from cron without --stop VACUUM is left out, and that is said",
        (
            "cli/test_maintain.py::"
            "test_from_cron_the_routine_leaves_vacuum_out_says_so_and_exits_0",
            f"{_KEPT}test_the_routine_leaves_vacuum_out_while_the_gateway_runs_and_says_so",
        ),
        ("test_maintain.py::test_the_weekly_routine_from_cron_and_with_a_stop",),
    ),
    Row(
        "tune.persists",
        "PRAGMA: only what persists is offered, gateway stopped, a new file; read back and shown",
        (
            f"{_TUNED}test_page_size_and_auto_vacuum_change_with_every_row_written_until_the_stop",
            f"{_TUNED}test_what_cannot_be_changed_from_outside_is_refused_with_why",
            f"{_TUNED}test_a_mode_that_the_gateway_sets_itself_is_refused_as_it_would_not_stay",
            f"{_TUNED}test_a_mode_that_the_gateway_sets_back_is_told_and_not_called_done",
            f"{_TUNED}test_a_running_gateway_is_stopped_only_when_that_was_allowed",
        ),
        (
            "test_tuning.py::test_0_3_1_goes_to_wal_and_back_healthy_each_time_with_the_same_rows",
            "test_tuning.py::test_1_0_7_sets_its_own_mode_and_takes_another_page_size",
        ),
    ),
    Row(
        "figures.looking",
        "measuring holds nothing, leaves nothing; its own derived file may be lost or spoilt",
        (
            "unit/test_file_figures.py::"
            "test_the_look_at_a_running_gateway_holds_nothing_and_leaves_its_wal_alone",
            "unit/test_growth.py::test_the_derived_file_may_be_deleted_or_spoilt_at_any_time",
            "unit/test_growth.py::test_looking_makes_no_state_folder_and_read_only_keeps_nothing",
            "unit/test_growth.py::test_a_link_in_the_place_of_the_derived_file_is_not_followed",
        ),
        ("test_tuning.py::test_1_0_7_sets_its_own_mode_and_takes_another_page_size",),
    ),
    Row(
        "maintain.damage",
        "damage: exit 3, suspect; prune, VACUUM, overwriting off; indexes alone are rebuilt",
        (
            f"{_KEPT}test_a_damaged_index_is_found_blocks_what_deletes_and_is_rebuilt",
            f"{_KEPT}test_a_damaged_table_ends_the_routine_unchanged_and_only_other_ways_are_offered",
            "cli/test_maintain.py::"
            "test_a_check_of_a_damaged_file_exits_with_3_and_prune_and_vacuum_are_refused_then",
        ),
        skipped=SAME,
    ),
)

LOGS = "unit/test_rotate_logs.py::"

ROTATION = (
    Row(
        "logs.open",
        "a log held open is copied and emptied, never renamed away; what is lost is told",
        (
            f"{LOGS}test_a_writer_that_never_rests_goes_on_in_the_same_file_and_loses_no_more_"
            "than_is_said",
            f"{LOGS}test_a_file_that_is_opened_between_copy_and_removal_is_emptied_instead",
            f"{LOGS}test_a_writer_that_does_not_append_is_left_alone",
        ),
        ("test_rotate_logs.py::test_the_gateway_s_own_log_is_emptied_while_it_goes_on_writing",),
    ),
    Row(
        "logs.others",
        "Docker's own logs, links and foreign files are never touched",
        (
            f"{LOGS}test_what_is_not_ours_is_named_and_left_as_it_is",
            f"{LOGS}test_a_folder_that_is_not_the_gateways_alone_is_refused",
            f"{LOGS}test_what_changed_since_it_was_looked_at_is_not_deleted",
        ),
        skipped=SAME,
    ),
    Row(
        "logs.space",
        "no space: the original is kept; 12, or 15 where others were rotated",
        (f"{LOGS}test_a_log_that_does_not_fit_stays_and_the_others_go_on",),
        skipped=SAME,
    ),
    Row(
        "logs.killed",
        "killed anywhere: each line is in the log or in a whole copy, and no copy is there twice",
        (KILL, f"{LOGS}test_killed_anywhere_every_line_is_there_and_no_copy_twice"),
        skipped=SAME,
    ),
)

ENGINE = "unit/test_salvage_engine.py::"
SALVAGED = "unit/test_salvage.py::"
BESIDE = "unit/test_salvage_beside.py::"
REAL_LOSS = "test_complete_loss.py::test_damaged_then_gone_then_without_a_backup"

SALVAGE = (
    Row(
        "salvage.source",
        "the source is only read: no byte, no time, no file beside it changes; a gateway goes on",
        (
            f"{SALVAGED}test_a_damaged_live_file_is_read_and_stays_as_it_is",
            f"{SALVAGED}test_a_running_gateway_goes_on_and_the_commits_in_its_wal_come_back",
            f"{SALVAGED}test_a_damaged_backup_is_salvaged_too",
            "unit/test_raw_copy.py::test_blocks_that_the_disk_does_not_give_are_zeros_and_told",
        ),
        (REAL_LOSS,),
    ),
    Row(
        "salvage.truth",
        "the report says of each table what was read and lost, and complete only where proved",
        (
            f"{ENGINE}test_whatever_is_damaged_the_report_is_true_and_the_source_untouched",
            f"{ENGINE}test_an_intact_index_says_exactly_which_rows_are_lost",
            f"{ENGINE}test_without_its_schema_the_tables_come_from_a_backup",
            f"{ENGINE}test_rows_below_a_damaged_root_are_found_without_a_tree",
            f"{ENGINE}test_commits_in_the_wal_come_back_and_a_cut_wal_says_so",
            f"{BESIDE}test_one_bit_in_the_wal_and_nothing_is_called_complete",
            f"{BESIDE}test_a_damaged_journal_and_nothing_is_called_complete",
            f"{BESIDE}test_what_the_disk_does_not_give_of_the_wal_is_told",
            f"{BESIDE}test_a_single_mounted_file_is_never_proved_to_be_all",
        ),
        (REAL_LOSS,),
    ),
    Row(
        "salvage.suspect",
        "its result is suspect: never latest, counts for no rule, a restore from it warns",
        (
            f"{SALVAGED}test_it_is_suspect_never_latest_and_counts_for_no_rule",
            f"{SALVAGED}test_killed_before_it_has_its_name_the_live_file_is_suspect_all_the_same",
            f"{SALVAGED}test_a_restore_from_it_warns_and_puts_it_in_place",
            f"{SALVAGED}test_the_newest_backup_and_then_the_rows_that_only_the_salvage_has",
        ),
        (REAL_LOSS,),
    ),
    Row(
        "salvage.faults",
        "killed, cancelled or without room it leaves nothing half made; no file crashes it",
        (
            KILL,
            FULL,
            WISH,
            f"{SALVAGED}test_a_disk_too_small_is_told_before_anything_is_written",
            f"{SALVAGED}test_what_is_no_database_costs_3_and_leaves_nothing",
            f"{ENGINE}test_files_that_are_no_database_are_refused_in_one_sentence",
            f"{ENGINE}test_pages_that_lead_in_circles_end",
            f"{ENGINE}test_definitions_that_do_anything_else_are_not_carried_out",
        ),
        skipped=SAME,
    ),
    Row(
        "loss",
        "a database that is gone: looking makes nothing; newest copy, any other, or a new one",
        (
            f"{SALVAGED}test_a_missing_database_is_not_made_by_asking_for_a_salvage",
            "app/test_salvage_screens.py::test_the_page_of_trouble_offers_every_way_on",
            "app/test_salvage_screens.py::"
            "test_the_walk_tells_what_each_copy_would_lose_the_best_first",
        ),
        (REAL_LOSS,),
    ),
)

ROWS: tuple[Row, ...] = (
    *INVARIANTS,
    *EVERY,
    *COLD,
    *HOT,
    *SCHEDULED,
    *PRUNE,
    *RESTORE,
    *UNDO,
    *BRING_BACK,
    *EXPORT_IMPORT,
    *REHEARSAL,
    *ONE_OFF,
    *IMAGE,
    *MIGRATE,
    *NEW_FILE,
    *DOCTOR,
    *MAINTENANCE,
    *ROTATION,
    *SALVAGE,
)


def table(rows: Iterable[Row]) -> Iterable[str]:
    """The rows as lines of text."""
    for row in rows:
        yield f"{row.id}: {row.text}"
        for name in row.process:
            yield f"    process  {name}"
        for name in row.real:
            yield f"    real     docker/{name}"
        if row.skipped:
            yield f"    without  {row.skipped}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(table(ROWS)) + "\n")
