// SPDX-License-Identifier: Apache-2.0
// Patients and stays with a real gateway: discharges that are watched, merges that are followed, choices that hold.
#include "gateway_process.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace liaison::test {
namespace {

using namespace std::chrono_literals;

/// Takes what is posted to it.
class webhook {
 public:
  webhook() : acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}) {
    thread_ = std::thread([this] { serve(); });
  }
  ~webhook() {
    stopping_ = true;
    boost::system::error_code ignored;
    boost::asio::ip::tcp::socket last(context_);
    last.connect({boost::asio::ip::address_v4::loopback(), port()}, ignored);  // wakes accept
    thread_.join();
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::vector<std::string> bodies() const {
    std::lock_guard hold(mutex_);
    return bodies_;
  }

 private:
  void serve() {
    namespace http = boost::beast::http;
    while (!stopping_) {
      boost::system::error_code error;
      boost::asio::ip::tcp::socket peer(context_);
      acceptor_.accept(peer, error);
      if (stopping_) return;
      boost::beast::flat_buffer buffer;
      http::request<http::string_body> question;
      http::read(peer, buffer, question, error);
      if (error) continue;
      {
        std::lock_guard hold(mutex_);
        bodies_.push_back(question.body());
      }
      http::response<http::empty_body> answer(http::status::no_content, question.version());
      answer.keep_alive(false);
      http::write(peer, answer, error);
    }
  }

  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::vector<std::string> bodies_;
  std::thread thread_;
};

/// An ADT of the demonstration's patient; `more` are further segments.
std::string adt(const std::string& trigger, const std::string& number, const std::string& stay, const std::string& when,
                const std::string& more = {}, const std::string& ipp = "IPP-004821") {
  return "MSH|^~\\&|DPI-DEMO|CHU-DEMO|LIAISON|PFI|" + when + "||ADT^" + trigger + "^ADT_" + trigger + "|ADM" + number +
         "|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|||2.11^IHE_FRANCE-2.11-PAM\r"
         "EVN||" + when + "||||" + when + "\r"
         "PID|||248053599810704^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS^^20240101~" + ipp +
         "^^^CHU-DEMO&2.999.48.20&ISO^PI||MARTIN-ESSAI^JEANNE^JEANNE LOUISE^^^^L||19480512|F|||"
         "12 rue des Exemples^^RENNES^^35000^FRA^H~^^^^^^BDL^^35998|||||||||||||||||||||N|VALI\r" +
         (trigger == "A40" ? std::string() : "PV1|1|I|MED||||||||||||||||" + stay + "^^^CHU-DEMO&2.999.48.30&ISO^VN\r") + more;
}

bool until(const std::function<bool()>& reached, std::chrono::seconds within = 20s) {
  const auto end = std::chrono::steady_clock::now() + within;
  while (!reached()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(50ms);
  }
  return true;
}

class patients : public ::testing::Test {
 protected:
  void start(const std::string& discharge) {
    const std::string f = gateway.folder().string();
    gateway.configure(
        R"({"instance":{"name":"test","data":")" + f + R"(/data"},"listen":{"http":{"port":)" +
        std::to_string(gateway.http_port()) + R"(}},"discharge":{)" + discharge +
        R"("letter_types":["34105-7"],"alert_to":["secretariat"]},"endpoints":{"hospital":{"source":{"mllp":{"port":)" +
        std::to_string(gateway.mllp_port()) + R"(}}},"gp":{"format":"hprim-medecin","destination":{"folder":{"path":")" + f +
        R"(/gp/in"}}},"dmp":{"format":"fhir","audience":"shared_record","destination":{"folder":{"path":")" + f +
        R"(/dmp/in"}}},"secretariat":{"audience":"internal","destination":{"http":{"url":"http://127.0.0.1:)" +
        std::to_string(hook.port()) +
        R"(/late"}}}},"routes":[{"name":"documents","when":{"has_document":true},"to":["gp","dmp"]}]})");
    gateway.start();
  }
  finished cli(std::vector<std::string> words) {
    words.insert(words.begin(), program("liaison"));
    for (const std::string& word : {std::string("--json"), std::string("--api"), "http://127.0.0.1:" + std::to_string(gateway.http_port())})
      words.push_back(word);
    return run(words);
  }
  std::string stay(const std::string& number) {
    return cli({"stay", "find", "--system", "urn:oid:2.999.48.30", "--value", number}).out;
  }
  static bool says(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

  webhook hook;
  gateway_process gateway;
};

TEST_F(patients, a_discharge_without_its_letter_is_told_by_webhook_and_the_file_of_the_stay_tells_all) {
  start(R"("due_at":"00:00","hours_min":0,)");
  ASSERT_EQ(gateway.send(adt("A01", "1", "SEJ-1000000001", "20260105080000")).code, "AA");
  ASSERT_EQ(gateway.send(adt("A03", "2", "SEJ-1000000001", "20260106113000")).code, "AA");
  ASSERT_TRUE(until([&] { return !hook.bodies().empty(); }));
  const std::string alert = hook.bodies().front();
  EXPECT_TRUE(says(alert, "\"event\":\"discharge-letter-late\"")) << alert;
  EXPECT_TRUE(says(alert, "SEJ-1000000001")) << alert;
  for (const char* said : {"MARTIN", "JEANNE", "248053599810704", "1948"}) EXPECT_FALSE(says(alert, said)) << said;
  EXPECT_TRUE(until([&] { return says(cli({"stay", "list"}).out, "SEJ-1000000001"); }));
  EXPECT_TRUE(says(gateway.ask("GET", "/metrics").body, "liaison_discharge_alerts_total 1"));

  gateway.kill_now();  // Durable: nothing is told twice, and the letter still finds its stay.
  gateway.start();
  ASSERT_EQ(gateway.send(discharge_letter("1000000001")).code, "AA");
  ASSERT_TRUE(until([&] { return says(stay("SEJ-1000000001"), "\"letter_clock\":\"late\""); })) << stay("SEJ-1000000001");
  const std::string file = stay("SEJ-1000000001");
  for (const char* part : {"\"state\":\"discharged\"", "\"discharged_from\":\"EVN-6\"", "\"what\":\"accepted\"", "\"letter_left_at\"", "34105-7"})
    EXPECT_TRUE(says(file, part)) << part << "\n" << file;
  EXPECT_EQ(hook.bodies().size(), 1U);
  EXPECT_FALSE(says(cli({"stay", "list"}).out, "SEJ-1000000001"));
}

TEST_F(patients, a_letter_in_time_raises_nothing) {
  start("");
  ASSERT_EQ(gateway.send(adt("A01", "1", "SEJ-1000000002", "20260105080000")).code, "AA");
  ASSERT_EQ(gateway.send(discharge_letter("1000000002")).code, "AA");
  ASSERT_TRUE(until([&] { return says(stay("SEJ-1000000002"), "letter_left_at"); }));
  ASSERT_EQ(gateway.send(adt("A03", "2", "SEJ-1000000002", "20990106113000")).code, "AA") << "in a time to come";
  EXPECT_TRUE(says(stay("SEJ-1000000002"), "\"letter_clock\":\"on-time\"")) << stay("SEJ-1000000002");
  ASSERT_EQ(gateway.send(adt("A13", "3", "SEJ-1000000002", "20260106120000")).code, "AA");
  EXPECT_TRUE(says(stay("SEJ-1000000002"), "\"letter_clock\":\"none\"")) << stay("SEJ-1000000002");
  EXPECT_TRUE(hook.bodies().empty());
}

TEST_F(patients, after_a_merge_a_document_still_finds_its_patient) {
  start("");
  ASSERT_EQ(gateway.send(adt("A01", "1", "SEJ-1", "20260105080000", "", "IPP-OLD")).code, "AA");
  ASSERT_EQ(gateway.send(adt("A40", "2", "", "20260105090000", "MRG|IPP-OLD^^^CHU-DEMO&2.999.48.20&ISO^PI\r")).code, "AA");
  ASSERT_EQ(gateway.send(discharge_letter("1000000003")).code, "AA");
  const auto find_by_old = [&] { return cli({"patient", "find", "--system", "urn:oid:2.999.48.20", "--value", "IPP-OLD"}); };
  ASSERT_TRUE(until([&] { return says(find_by_old().out, "letter_left_at"); })) << "it is on its way meanwhile";
  const auto by_old = find_by_old();
  const auto by_new = cli({"patient", "find", "--system", "urn:oid:2.999.48.20", "--value", "IPP-004821"});
  EXPECT_EQ(by_old.exit, 0) << by_old.err;
  EXPECT_EQ(by_old.out, by_new.out);
  EXPECT_TRUE(says(by_old.out, "\"message\":3")) << by_old.out;
  EXPECT_TRUE(says(by_old.out, "\"former\":true")) << by_old.out;
  EXPECT_EQ(cli({"patient", "find", "--system", "urn:oid:2.999.48.20", "--value", "IPP-NOBODY"}).exit, 1);

  EXPECT_EQ(cli({"patients", "rebuild", "--clear"}).exit, 0);
  EXPECT_TRUE(until([&] { return says(cli({"patients", "rebuild", "--progress"}).out, "\"running\":false"); }));
  EXPECT_TRUE(says(cli({"patient", "find", "--system", "urn:oid:2.999.48.20", "--value", "IPP-OLD"}).out, "\"message\":3"));
}

TEST_F(patients, an_opposition_of_ZFA_is_a_receipt_and_an_authorisation_releases_the_letter) {
  start("");
  ASSERT_EQ(gateway.send(adt("A01", "1", "SEJ-1000000004", "20260105080000", "ZFA|ACTIF|20240101|||||||IO|20240601|NA\r")).code, "AA");
  ASSERT_EQ(gateway.send(discharge_letter("1000000004")).code, "AA");
  ASSERT_TRUE(until([&] { return gateway.count("dmp", "dead") == 1 && gateway.count("gp", "delivered") == 1; }));
  const std::string receipts = cli({"receipts", "--message", "2"}).out;
  EXPECT_TRUE(says(receipts, "\"code\":\"secrecy-opposed\"")) << receipts;
  EXPECT_TRUE(files_in(gateway.folder() / "dmp/in").empty());
  EXPECT_EQ(files_in(gateway.folder() / "gp/in", ".hpr").size(), 1U) << "who writes to the doctor is not the shared record";

  EXPECT_EQ(cli({"patient", "consent", "--system", "urn:oid:2.999.48.20", "--value", "IPP-004821", "--kind", "dmp-feeding",
                 "--answer", "permit", "--source", "accueil"}).exit, 0);
  const std::string dead = cli({"deliveries", "list", "--recipient", "dmp", "--state", "dead"}).out;
  const auto at = dead.find("\"id\":");
  ASSERT_NE(at, std::string::npos) << dead;
  EXPECT_EQ(cli({"deliveries", "retry", std::to_string(std::atoi(dead.c_str() + at + 5))}).exit, 0);
  EXPECT_TRUE(until([&] { return gateway.count("dmp", "delivered") == 1; }));
  EXPECT_EQ(gateway.stop(), 0);
  const std::string log = read_file(gateway.log_file());
  EXPECT_TRUE(says(log, "consent-recorded"));
  for (const char* said : {"MARTIN-ESSAI", "248053599810704", "IPP-004821", "SEJ-1000000004"}) EXPECT_FALSE(says(log, said)) << said;
}

}  // namespace
}  // namespace liaison::test
