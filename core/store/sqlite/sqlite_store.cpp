// SPDX-License-Identifier: Apache-2.0
// Opening and closing, and the contract's calls handed to the writer and the reader.
#include "core/store/sqlite/sqlite_store.hpp"

#include "core/base/assert.hpp"
#include "core/store/sqlite/journal_writer.hpp"
#include "core/store/sqlite/reader.hpp"
#include "core/store/sqlite/schema.hpp"
#include "core/store/sqlite/writer.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>

namespace liaison::store {
namespace sqlite {
namespace {

/// The directory belongs to one process. A lock of the process, not of the open file: children that are forked for
/// plugins must not hold it on after us.
class directory_lock {
 public:
  explicit directory_lock(const std::filesystem::path& directory) {
    file_ = ::open((directory / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file_ < 0) throw error_of_file(errno, "opening the store's lock", storage_error::reach::everything);
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    locked_ = ::fcntl(file_, F_SETLK, &whole) == 0;
  }
  ~directory_lock() {
    if (file_ >= 0) ::close(file_);
  }
  directory_lock(const directory_lock&) = delete;
  directory_lock& operator=(const directory_lock&) = delete;
  bool is_locked() const { return locked_; }

 private:
  int file_ = -1;
  bool locked_ = false;
};

void prepare_directory(const std::filesystem::path& directory) {
  std::error_code error;
  if (std::filesystem::is_directory(directory, error)) return;
  if (directory.has_parent_path()) std::filesystem::create_directories(directory.parent_path(), error);
  if (!error && ::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) error.assign(errno, std::generic_category());
  if (!error && !std::filesystem::is_directory(directory, error)) error.assign(ENOTDIR, std::generic_category());
  if (!error) return;
  auto why = error_of_file(error.value(), "making the store's directory", storage_error::reach::everything);
  if (error.value() == ENOTDIR || error.value() == EEXIST) why.why = storage_error::cause::not_permitted;
  throw why;
}

/// SQLite gives its files the mode that the database has, and would make that one readable by all.
void make_private(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) throw error_of_file(errno, "opening the store's database", storage_error::reach::everything);
  ::close(file);
}

/// Records of the journal that a list waits for.
constexpr std::uint64_t shown_after_max = 2'000;

std::string kibibytes(std::uint64_t bytes) { return std::to_string(bytes / 1024); }

class sqlite_backend final : public store {
 public:
  sqlite_backend(sqlite_options options, std::unique_ptr<directory_lock> lock, executor& runs, const clock& time)
      : options_(std::move(options)),
        lock_(std::move(lock)),
        path_((options_.directory / "liaison.db").string()),
        runs_(runs),
        time_(time) {}
  ~sqlite_backend() override { close(); }

  /// In its own step since it can fail in ways that are no exception to the caller.
  result<done> open() {
    make_private(path_);
    writing_.emplace(path_);
    if (writing_->is_read_only()) return failure{"store-permission", "the store's database cannot be written"};
    if (auto outcome = bring_up_to_date(*writing_, options_.page_size_bytes); !outcome) return outcome;
    writing_->execute("PRAGMA synchronous=FULL");
    writing_->execute("PRAGMA temp_store=MEMORY");
    writing_->execute("PRAGMA journal_size_limit=" +
                      std::to_string(options_.wal_bytes_max + options_.wal_bytes_max / 2));
    writing_->execute("PRAGMA cache_size=-" + kibibytes(options_.cache_bytes));
    if (options_.database_bytes_max > 0) {
      const auto pages = options_.database_bytes_max / static_cast<std::uint64_t>(writing_->number("PRAGMA page_size"));
      writing_->number("PRAGMA max_page_count=" + std::to_string(pages));
    }
    files_.emplace(options_.directory / "payload");
    writer_.emplace(*writing_, *files_, runs_, time_, options_);
    keeper_.emplace(writer_->log(), writer_->large(), runs_, options_,
                    [this](std::uint64_t number, double seconds, std::vector<filing_request> kept) {
                      writer_->decided(number, seconds, std::move(kept));
                    });
    {
      statement asked(*writing_, "SELECT value FROM fact WHERE name='instance'");
      auto row = asked.with();
      if (row.next()) instance_ = row.text(0);
    }
    open_for_reading(reading_, reader_);
    open_for_reading(listing_, lister_);
    writer_->start();
    keeper_->start();
    reader_->start();
    lister_->start();
    return done{};
  }

  void open_for_reading(std::optional<connection>& on, std::optional<reader>& by) {
    on.emplace(path_);
    on->execute("PRAGMA query_only=1");
    on->execute("PRAGMA temp_store=MEMORY");
    on->execute("PRAGMA cache_size=-" + kibibytes(options_.cache_bytes / 8));
    by.emplace(*on, *files_, writer_->kept(), writer_->names(), runs_);
  }

  void take_in(intake what, callback<intake_outcome> then) override {
    LIAISON_ASSERT(what.raw != nullptr && what.message.sha256.size() == 64);
    in_order(take_in_request{std::make_unique<intake>(std::move(what)), std::move(then), std::nullopt});
  }
  void keep(intake what, callback<result<done>> then) override {
    LIAISON_ASSERT(what.raw != nullptr && what.unless_marked.empty());
    keeper_->add(std::make_unique<intake>(std::move(what)), std::move(then));
  }
  void on_filed(callback<std::vector<filed>> told) override {
    writer_->on_filed(std::move(told));
  }
  void update(delivery_update what, callback<result<done>> then) override {
    writer_->add(request(update_request{{std::move(then), std::nullopt}, std::move(what)}));
  }
  void retry(model::delivery_id id, unix_ms now, callback<result<done>> then) override {
    writer_->add(request(retry_request{{std::move(then), std::nullopt}, id, now}));
  }
  void cancel(model::delivery_id id, unix_ms now, callback<result<done>> then) override {
    writer_->add(request(cancel_request{{std::move(then), std::nullopt}, id, now}));
  }
  void replay(model::message_id id, std::vector<new_delivery> deliveries, unix_ms now,
              callback<result<std::vector<model::delivery_id>>> then) override {
    writer_->add(request(replay_request{{std::move(then), std::nullopt}, id, std::move(deliveries), now}));
  }
  void expire(std::string recipient, unix_ms created_before, unix_ms now, std::uint32_t limit,
              callback<result<std::uint32_t>> then) override {
    writer_->add(
        request(expire_request{{std::move(then), std::nullopt}, std::move(recipient), created_before, now, limit}));
  }
  void end_waits(unix_ms now, unawaited how, std::uint32_t limit,
                 callback<result<std::vector<std::string>>> then) override {
    in_order(end_waits_request{{std::move(then), std::nullopt}, now, how, limit});
  }
  void settle(model::delivery_id ended, std::vector<intake> follows,
              callback<result<std::vector<intake_outcome>>> then) override {
    in_order(settle_request{{std::move(then), std::nullopt}, ended, std::move(follows)});
  }
  void document_line(std::string name, std::uint32_t limit,
                     callback<result<std::vector<document_version>>> then) override {
    ask_filed<std::vector<document_version>>(
        lister_, std::move(then), [name = std::move(name), limit](queries& from) { return from.line(name, limit); }, keeper_->last_number());
  }
  void list_outcomes(std::uint32_t limit, callback<result<std::vector<outcome>>> then) override {
    reader_->ask<std::vector<outcome>>(std::move(then), [limit](queries& from) { return from.outcomes(limit); });
  }
  void change_patients(std::function<void(identity::patient_table&)> change, callback<result<done>> then) override {
    in_order(patients_request{{std::move(then), std::nullopt}, std::move(change)});
  }
  void look_at_patients(std::function<void(identity::patient_table&)> look, callback<result<done>> then) override {
    look_at_patients(std::move(look), std::move(then), keeper_->last_number());
  }
  void look_before_sending(std::function<void(identity::patient_table&)> look, callback<result<done>> then) override {
    look_at_patients(std::move(look), std::move(then), keeper_->last_of_leaving());
  }
  void read_facts(model::message_id after, std::uint32_t limit,
                  callback<result<std::vector<stored_facts>>> then) override {
    lister_->ask<std::vector<stored_facts>>(std::move(then),
                                            [after, limit](queries& from) { return from.facts(after, limit); });
  }
  void purge(retention policy, unix_ms now, callback<result<std::uint32_t>> then) override {
    purge_request what;
    what.then = std::move(then);
    what.policy = policy;
    what.now = now;
    writer_->add(std::move(what));
  }

  void ready(std::string recipient, due_by when, std::vector<model::delivery_id> except, std::uint32_t limit,
             callback<result<std::vector<work>>> then) override {
    reader_->ask<std::vector<work>>(
        std::move(then), [recipient = std::move(recipient), when, except = std::move(except), limit](queries& from) {
          return from.ready(recipient, when, except, limit);
        });
  }
  void next_due(std::string recipient, callback<result<unix_ms>> then) override {
    reader_->ask<unix_ms>(std::move(then),
                          [name = std::move(recipient)](queries& from) { return from.next_due(name); });
  }
  void read_raw(model::message_id id, callback<result<shared_bytes>> then) override {
    reader_->ask<shared_bytes>(std::move(then), [id](queries& from) { return from.raw(id); });
  }
  void list_messages(message_filter filter, callback<result<std::vector<model::message>>> then) override {
    show<std::vector<model::message>>(
        std::move(then), [filter = std::move(filter)](queries& from) { return from.messages(filter); });
  }
  void list_deliveries(delivery_filter filter, callback<result<std::vector<model::delivery>>> then) override {
    show<std::vector<model::delivery>>(
        std::move(then), [filter = std::move(filter)](queries& from) { return from.deliveries(filter); });
  }
  void list_receipts(model::message_id message, std::uint32_t limit,
                     callback<result<std::vector<model::receipt>>> then) override {
    show<std::vector<model::receipt>>(
        std::move(then), [message, limit](queries& from) { return from.receipts(message, limit); });
  }
  void find_marked(std::string text, model::message_id before, std::uint32_t limit,
                   callback<result<std::vector<marked>>> then) override {
    show<std::vector<marked>>(std::move(then), [text = std::move(text), before, limit](queries& from) {
      return from.find_marked(text, before, limit);
    });
  }
  void read_trace(model::message_id id, callback<result<trace>> then) override {
    show<trace>(std::move(then), [id](queries& from) { return from.traced(id); });
  }
  void count_by_recipient(callback<result<std::vector<recipient_count>>> then) override {
    show<std::vector<recipient_count>>(std::move(then), [](queries& from) { return from.counts(); });
  }

  statistics take_statistics() override {
    auto taken = writer_->take_statistics();
    taken.size_bytes = writer_->file_bytes() + writer_->kept().size_bytes() + writer_->names().size_bytes();
    for (const char* suffix : {"", "-wal", "-shm"}) {
      struct stat file {};
      if (::stat((path_ + suffix).c_str(), &file) == 0) taken.size_bytes += static_cast<std::uint64_t>(file.st_size);
    }
    taken.free_bytes = free_bytes_at(path_).value_or(0);
    return taken;
  }

  const std::string& instance() const override { return instance_; }

  void close() override {
    if (keeper_) keeper_->stop();
    if (reader_) reader_->stop();
    if (lister_) lister_->stop();
    if (writer_) writer_->stop();
    keeper_.reset();
    reader_.reset();
    lister_.reset();
    writer_.reset();
    reading_.reset();
    listing_.reset();
    if (writing_) writing_->checkpoint_and_truncate();
    writing_.reset();
    lock_.reset();
  }

 private:
  /// What people ask for: they see what was acknowledged before they asked, unless so much of it waits for its rows that
  /// they would have to wait too.
  template <class Value, class Read>
  void show(callback<result<Value>> then, Read read) {
    auto ask = [this, then = std::move(then), read = std::move(read)](const result<done>&) mutable {
      if (!lister_) return then(failure{"store-failed", "the store is closed"});
      lister_->ask<Value>(std::move(then), std::move(read));
    };
    const auto last = keeper_->last_number();
    if (writer_->is_filed(last) || !writer_->is_filed(last - std::min(last, shown_after_max))) return ask(done{});
    in_order(filed_request{{std::move(ask), std::nullopt}});
  }

  /// What was kept up to this record has its rows when this is read.
  template <class Value, class Read>
  void ask_filed(std::optional<reader>& whom, callback<result<Value>> then, Read read, std::uint64_t last) {
    auto ask = [&whom, then = std::move(then), read = std::move(read)](const result<done>& filed) mutable {
      if (!filed || !whom) return then(filed ? failure{"store-failed", "the store is closed"} : filed.error());
      whom->ask<Value>(std::move(then), std::move(read));
    };
    if (writer_->is_filed(last)) return ask(done{});
    writer_->add_after(last, filed_request{{std::move(ask), std::nullopt}});
  }

  void look_at_patients(std::function<void(identity::patient_table&)> look, callback<result<done>> then, std::uint64_t last) {
    ask_filed<done>(
        reader_, std::move(then),
        [look = std::move(look)](queries& from) {
          look(from.patients());
          return done{};
        },
        last);
  }

  void in_order(request what) { writer_->add_after(keeper_->last_number(), std::move(what)); }

  const sqlite_options options_;
  std::unique_ptr<directory_lock> lock_;
  const std::string path_;
  executor& runs_;
  const clock& time_;
  std::optional<connection> writing_, reading_, listing_;
  std::optional<payload_files> files_;
  std::optional<writer> writer_;
  std::optional<journal_writer> keeper_;
  std::optional<reader> reader_;  ///< what deliveries wait for
  std::optional<reader> lister_;  ///< what people ask for, which may take longer
  std::string instance_;
};

}  // namespace
}  // namespace sqlite

result<std::unique_ptr<store>> open_sqlite(sqlite_options options, executor& runs, const clock& time) {
  LIAISON_ASSERT(options.receipts_kept > 0 && options.group_operations_max > 0);
  // Counting memory costs a lock that both threads want. Without effect when SQLite is in use already.
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  try {
    sqlite::prepare_directory(options.directory);
    auto lock = std::make_unique<sqlite::directory_lock>(options.directory);
    if (!lock->is_locked()) return failure{"store-locked", "another process uses the store's directory"};
    auto opened = std::make_unique<sqlite::sqlite_backend>(std::move(options), std::move(lock), runs, time);
    if (auto outcome = opened->open(); !outcome) return outcome.error();
    return std::unique_ptr<store>(std::move(opened));
  } catch (const sqlite::storage_error& error) {
    return sqlite::as_failure(error);
  }
}

}  // namespace liaison::store
