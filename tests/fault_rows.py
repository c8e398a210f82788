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
        (
            REAL_KILL,
            "test_restore.py::test_a_killed_restore_is_finished_or_undone_on_the_real_gateway",
        ),
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
        ),
        (
            "test_bring_back.py::test_a_tool_that_was_deleted_is_listed_again_and_nothing_else_changed",
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
        (CAME,),
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
        "every.text",
        "hostile text is cleaned before widget, notification, stdout",
        (
            "cli/test_hostile.py::test_hostile_labels_and_notes_are_kept_exact_and_shown_harmless",
            "app/test_shell_hostile.py::test_hostile_text_is_shown_as_text",
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
)

SCHEDULED = (
    Row(
        "scheduled.overlap",
        "overlap: 11, and counted",
        (
            "unit/test_schedule.py::"
            "test_a_scheduled_run_that_finds_the_lock_is_counted_until_one_goes_well",
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
        ("unit/test_prune.py::test_a_damaged_newest_one_leaves_the_last_verified",),
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
        ),
        (REAL_KILL, REAL_CHANCE),
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
        ("unit/test_restore_ways.py::test_undo_and_the_undo_of_the_undo", KILL),
        ("test_restore.py::test_a_restore_takes_the_tool_back_and_keeps_owner_mode_and_revision",),
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
        skipped="the same program and the same report; the real one fails in the upgrade's rows",
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
        ),
        ("test_migrations.py::test_reset_its_undo_and_a_bootstrap_of_what_is_missing",),
    ),
    Row(
        "leftovers",
        "a table that a cut migration left: dropped where no row is lost, else renamed or told",
        (
            "unit/test_leftovers.py::test_the_only_rows_there_are_are_never_dropped",
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
            "test_migrations.py::test_the_journal_of_an_upgrade_tells_each_step_and_the_way_it_took",
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
            "test_migration_faults.py::"
            "test_a_next_release_that_does_not_start_gives_old_file_and_old_image_back",
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
        ),
        (
            "test_migrations.py::"
            "test_downgrade_to_a_revision_stamp_and_their_undo_on_a_stopped_gateway",
        ),
    ),
    Row(
        "stamp",
        "the version alone changes, on a copy that is swapped in; says that it makes no change",
        (
            KILL,
            "unit/test_stamp.py::test_a_stamp_changes_the_version_alone_says_so_and_is_undone",
            "unit/test_stamp.py::test_a_version_that_nobody_knows_and_a_missing_one_can_be_stamped",
        ),
        (
            "test_migrations.py::"
            "test_downgrade_to_a_revision_stamp_and_their_undo_on_a_stopped_gateway",
        ),
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
    *REHEARSAL,
    *MIGRATE,
    *NEW_FILE,
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
