// SPDX-License-Identifier: Apache-2.0
// Resource limits and the system-call filter of a host process.
#include "core/plugin/host/sandbox.hpp"

#include <fcntl.h>
#include <grp.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

// A sanitizer's own machinery needs files, threads and terabytes of address space. Decided when compiling, never
// at run time: a release build has no relaxed mode.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LIAISON_HOST_RELAXED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define LIAISON_HOST_RELAXED 1
#endif
#endif
#ifndef LIAISON_HOST_RELAXED
#define LIAISON_HOST_RELAXED 0
#endif

namespace liaison::plugin::hosted {
namespace {

failure system_failure(const std::string& what, int error) {
  return {"plugin-host-failed", what + ": " + std::strerror(error)};
}

/// A call that is allowed, perhaps only when an argument compares so.
struct rule {
  std::uint32_t action;
  int call;
  std::optional<scmp_arg_cmp> when;
};

scmp_arg_cmp argument(unsigned index, scmp_compare how, scmp_datum_t value, scmp_datum_t other = 0) {
  return {index, how, value, other};
}

constexpr int files_and_network[] = {SCMP_SYS(socket),   SCMP_SYS(connect), SCMP_SYS(bind),  SCMP_SYS(execve),
                                     SCMP_SYS(execveat), SCMP_SYS(fork),    SCMP_SYS(vfork), SCMP_SYS(ptrace)};

/// Without PROT_EXEC there is no way to new code; without open, socket, clone and execve none to the outside.
std::vector<rule> rules() {
  const auto no_exec = argument(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
  std::vector<rule> list = {
      {SCMP_ACT_ALLOW, SCMP_SYS(read), argument(0, SCMP_CMP_EQ, wire::calls_fd)},
      {SCMP_ACT_ALLOW, SCMP_SYS(mmap), no_exec},
      {SCMP_ACT_ALLOW, SCMP_SYS(mprotect), no_exec},
      // Memory taken out of the replies window would have to be found anew by the broker, when it looks.
      {SCMP_ACT_ALLOW, SCMP_SYS(madvise), argument(2, SCMP_CMP_NE, MADV_REMOVE)},
      // abort() and assertions: a signal to itself, so that the broker sees which one.
      {SCMP_ACT_ALLOW, SCMP_SYS(tgkill), argument(0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(getpid()))},
      // stdio asks what its descriptor is before the first line; it goes to /dev/null.
      {SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), {}},
      {SCMP_ACT_ERRNO(EACCES), SCMP_SYS(fstat), {}},
      {SCMP_ACT_ERRNO(EACCES), SCMP_SYS(newfstatat), {}},
  };
  for (const scmp_datum_t fd : {1, 2, wire::replies_fd})
    for (const int call : {SCMP_SYS(write), SCMP_SYS(writev)})
      list.push_back({SCMP_ACT_ALLOW, call, argument(0, SCMP_CMP_EQ, fd)});
  for (const int call : {SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk), SCMP_SYS(futex),
                         SCMP_SYS(exit_group), SCMP_SYS(exit), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
                         SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
                         SCMP_SYS(time), SCMP_SYS(restart_syscall), SCMP_SYS(sched_yield), SCMP_SYS(sysinfo)})
    list.push_back({SCMP_ACT_ALLOW, call, {}});
  return list;
}

result<done> load_filter() {
  const std::uint32_t otherwise = LIAISON_HOST_RELAXED ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS;
  const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(seccomp_init(otherwise), seccomp_release);
  if (!filter) return failure{"plugin-host-failed", "the system-call filter cannot be made"};
  if (LIAISON_HOST_RELAXED) {
    for (const int call : files_and_network)
      if (const int wrong = seccomp_rule_add(filter.get(), SCMP_ACT_KILL_PROCESS, call, 0); wrong < 0 && wrong != -EDOM)
        return system_failure("system-call filter", -wrong);
  } else {
    for (const rule& one : rules()) {
      const int wrong = one.when ? seccomp_rule_add_array(filter.get(), one.action, one.call, 1, &*one.when)
                                 : seccomp_rule_add_array(filter.get(), one.action, one.call, 0, nullptr);
      // -EDOM: this machine's architecture has no such call.
      if (wrong < 0 && wrong != -EDOM) return system_failure("system-call filter", -wrong);
    }
  }
  if (const int wrong = seccomp_load(filter.get()); wrong < 0) return system_failure("system-call filter", -wrong);
  return done{};
}

std::uint64_t address_space_bytes() {
  unsigned long pages = 0;
  if (FILE* statm = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(statm, "%lu", &pages) != 1) pages = 0;
    std::fclose(statm);
  }
  return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

result<done> limit_resources(std::uint64_t memory_bytes_max) {
  struct limit {
    decltype(RLIMIT_CORE) resource;
    rlim_t value;
    const char* name;
  };
  std::vector<limit> limits = {{RLIMIT_CORE, 0, "RLIMIT_CORE"},
                               {RLIMIT_FSIZE, 0, "RLIMIT_FSIZE"},
                               {RLIMIT_NPROC, 0, "RLIMIT_NPROC"},
                               {RLIMIT_MSGQUEUE, 0, "RLIMIT_MSGQUEUE"},
                               {RLIMIT_MEMLOCK, 0, "RLIMIT_MEMLOCK"}};
  if (!LIAISON_HOST_RELAXED) {
    limits.push_back({RLIMIT_NOFILE, 0, "RLIMIT_NOFILE"});
    limits.push_back({RLIMIT_DATA, memory_bytes_max, "RLIMIT_DATA"});
    limits.push_back({RLIMIT_AS, address_space_bytes() + memory_bytes_max, "RLIMIT_AS"});
  }
  for (const limit& one : limits) {
    const rlimit both = {one.value, one.value};
    if (setrlimit(one.resource, &both) != 0) return system_failure(one.name, errno);
  }
  return done{};
}

/// A gateway that runs as root does not lend that to its plugins.
result<done> drop_root() {
  constexpr uid_t nobody = 65534;
  if (geteuid() != 0) return done{};
  if (setgroups(0, nullptr) != 0 || setresgid(nobody, nobody, nobody) != 0 || setresuid(nobody, nobody, nobody) != 0)
    return system_failure("dropping root", errno);
  return done{};
}

}  // namespace

result<done> detach_from_everything() {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return system_failure("PR_SET_PDEATHSIG", errno);
  if (close_range(wire::replies_window_fd + 1, ~0U, 0) != 0) return system_failure("close_range", errno);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  return done{};
}

result<confinement> confine(std::uint64_t memory_bytes_max, wire::without_seccomp if_unavailable) {
  if (auto limited = limit_resources(memory_bytes_max); !limited) return limited.error();
  if (auto dropped = drop_root(); !dropped) return dropped.error();
  // After the change of user, which clears it.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return system_failure("PR_SET_PDEATHSIG", errno);
  if (prctl(PR_SET_DUMPABLE, 0) != 0) return system_failure("PR_SET_DUMPABLE", errno);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return system_failure("PR_SET_NO_NEW_PRIVS", errno);
  confinement reached;
  if (auto loaded = load_filter(); loaded) {
    reached.filtered = LIAISON_HOST_RELAXED == 0;
  } else if (if_unavailable == wire::without_seccomp::refuse) {
    return failure{loaded.error().code,
                   loaded.error().text + "; set plugins.without_seccomp to run plugins without it"};
  }
  return reached;
}

}  // namespace liaison::plugin::hosted

#if LIAISON_HOST_RELAXED
// The leak detector starts a process at exit, which the filter forbids.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "detect_leaks=0:allocator_may_return_null=0"; }
#endif
