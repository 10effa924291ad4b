(module
  ;; The first preview of WASI for components of Go: nothing is there but a clock that the program
  ;; itself moves on, numbers from a fixed seed, and two streams to write to. Nothing here calls the
  ;; host while it waits for memory.
  (import "env" "memory" (memory 0))
  (import "wasi:cli/stdout@0.2.0" "get-stdout" (func $get_stdout (result i32)))
  (import "wasi:cli/stderr@0.2.0" "get-stderr" (func $get_stderr (result i32)))
  (import "wasi:io/streams@0.2.0" "[method]output-stream.blocking-write-and-flush"
    (func $write (param $stream i32) (param $start i32) (param $length i32) (param $answer i32)))

  ;; No mutable global is an i32: tools take one for a stack pointer.
  ;; Nanoseconds; Go's runtime takes 0 for a broken clock.
  (global $now (mut i64) (i64.const 1000000000))
  (global $seed (mut i64) (i64.const 0x6f61726c6f636b31))
  ;; A page for answers of the host, once there is one, and the streams.
  (global $page (mut i64) (i64.const 0))
  (global $stdout (mut i64) (i64.const -1))
  (global $stderr (mut i64) (i64.const -1))

  (func $answer (result i32)
    (if (i64.eqz (global.get $page))
      (then (global.set $page
        (i64.shl (i64.extend_i32_u (memory.grow (i32.const 1))) (i64.const 16)))))
    (i32.wrap_i64 (global.get $page)))

  ;; A list of no arguments, and of no variables.
  (func $empty (param $count i32) (param $bytes i32) (result i32)
    (i32.store (local.get $count) (i32.const 0))
    (i32.store (local.get $bytes) (i32.const 0))
    (i32.const 0))
  (export "args_sizes_get" (func $empty))
  (export "environ_sizes_get" (func $empty))
  (func (export "args_get") (param i32 i32) (result i32) (i32.const 0))
  (func (export "environ_get") (param i32 i32) (result i32) (i32.const 0))

  (func (export "clock_res_get") (param $clock i32) (param $to i32) (result i32)
    (i64.store (local.get $to) (i64.const 1000))
    (i32.const 0))

  ;; Each look at the clock takes a microsecond.
  (func (export "clock_time_get")
    (param $clock i32) (param $precision i64) (param $to i32) (result i32)
    (global.set $now (i64.add (global.get $now) (i64.const 1000)))
    (i64.store (local.get $to) (global.get $now))
    (i32.const 0))

  ;; A wait is over at once, and the clock has moved on. Without a clock to wait for, nothing ever
  ;; comes: that is not supported, 58.
  (func (export "poll_oneoff")
    (param $in i32) (param $out i32) (param $count i32) (param $events i32) (result i32)
    (local $until i64)
    (block $found
      (loop $next
        (if (i32.eqz (local.get $count)) (then (return (i32.const 58))))
        (br_if $found (i32.eqz (i32.load8_u offset=8 (local.get $in))))
        (local.set $in (i32.add (local.get $in) (i32.const 48)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (local.set $until (i64.load offset=24 (local.get $in)))
    (if (i32.eqz (i32.and (i32.load16_u offset=40 (local.get $in)) (i32.const 1)))
      (then (local.set $until (i64.add (local.get $until) (global.get $now)))))
    (if (i64.gt_u (local.get $until) (global.get $now))
      (then (global.set $now (local.get $until))))
    (i64.store (local.get $out) (i64.load (local.get $in)))
    (i64.store offset=8 (local.get $out) (i64.const 0))
    (i64.store offset=16 (local.get $out) (i64.const 0))
    (i64.store offset=24 (local.get $out) (i64.const 0))
    (i32.store (local.get $events) (i32.const 1))
    (i32.const 0))

  ;; Xorshift, a byte at a time.
  (func (export "random_get") (param $to i32) (param $length i32) (result i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $length)))
        (global.set $seed (i64.xor (global.get $seed) (i64.shl (global.get $seed) (i64.const 13))))
        (global.set $seed (i64.xor (global.get $seed) (i64.shr_u (global.get $seed) (i64.const 7))))
        (global.set $seed (i64.xor (global.get $seed) (i64.shl (global.get $seed) (i64.const 17))))
        (i64.store8 (local.get $to) (i64.shr_u (global.get $seed) (i64.const 24)))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (br $next)))
    (i32.const 0))

  ;; The stream of a descriptor: 1 is standard output, all else standard error.
  (func $stream (param $descriptor i32) (result i32)
    (if (result i32) (i32.eq (local.get $descriptor) (i32.const 1))
      (then
        (if (i64.lt_s (global.get $stdout) (i64.const 0))
          (then (global.set $stdout (i64.extend_i32_u (call $get_stdout)))))
        (i32.wrap_i64 (global.get $stdout)))
      (else
        (if (i64.lt_s (global.get $stderr) (i64.const 0))
          (then (global.set $stderr (i64.extend_i32_u (call $get_stderr)))))
        (i32.wrap_i64 (global.get $stderr)))))

  ;; At most 4096 bytes go to the host at once: that is all that a flushing write takes.
  (func (export "fd_write")
    (param $descriptor i32) (param $vectors i32) (param $count i32) (param $written i32) (result i32)
    (local $start i32) (local $left i32) (local $piece i32) (local $total i32)
    (if (i32.gt_u (i32.sub (local.get $descriptor) (i32.const 1)) (i32.const 1))
      (then (return (i32.const 8))))
    (block $done
      (loop $vector
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $start (i32.load (local.get $vectors)))
        (local.set $left (i32.load offset=4 (local.get $vectors)))
        (block $written_all
          (loop $more
            (br_if $written_all (i32.eqz (local.get $left)))
            (local.set $piece (select (local.get $left) (i32.const 4096)
              (i32.lt_u (local.get $left) (i32.const 4096))))
            (call $write (call $stream (local.get $descriptor))
              (local.get $start) (local.get $piece) (call $answer))
            (local.set $start (i32.add (local.get $start) (local.get $piece)))
            (local.set $left (i32.sub (local.get $left) (local.get $piece)))
            (local.set $total (i32.add (local.get $total) (local.get $piece)))
            (br $more)))
        (local.set $vectors (i32.add (local.get $vectors) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $vector)))
    (i32.store (local.get $written) (local.get $total))
    (i32.const 0))

  (func (export "proc_exit") (param i32) (unreachable))
  (func (export "proc_raise") (param i32) (result i32) (unreachable))
  (func (export "sched_yield") (result i32) (i32.const 0))
  (func (export "fd_close") (param i32) (result i32) (i32.const 0))

  ;; No file is open, and none can be: a bad descriptor, 8.
  (func (export "fd_advise") (param i32 i64 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_allocate") (param i32 i64 i64) (result i32) (i32.const 8))
  (func (export "fd_datasync") (param i32) (result i32) (i32.const 8))
  (func (export "fd_fdstat_get") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_fdstat_set_flags") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_fdstat_set_rights") (param i32 i64 i64) (result i32) (i32.const 8))
  (func (export "fd_filestat_get") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_filestat_set_size") (param i32 i64) (result i32) (i32.const 8))
  (func (export "fd_filestat_set_times") (param i32 i64 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_pread") (param i32 i32 i32 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_prestat_dir_name") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "fd_prestat_get") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_pwrite") (param i32 i32 i32 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_read") (param i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "fd_readdir") (param i32 i32 i32 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_renumber") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_seek") (param i32 i64 i32 i32) (result i32) (i32.const 8))
  (func (export "fd_sync") (param i32) (result i32) (i32.const 8))
  (func (export "fd_tell") (param i32 i32) (result i32) (i32.const 8))
  (func (export "path_create_directory") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_filestat_get") (param i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_filestat_set_times") (param i32 i32 i32 i32 i64 i64 i32) (result i32) (i32.const 8))
  (func (export "path_link") (param i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_open") (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32) (i32.const 8))
  (func (export "path_readlink") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_remove_directory") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_rename") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_symlink") (param i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_unlink_file") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "sock_accept") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "sock_recv") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "sock_send") (param i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "sock_shutdown") (param i32 i32) (result i32) (i32.const 8))
)
