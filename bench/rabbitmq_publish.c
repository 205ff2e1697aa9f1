// SPDX-License-Identifier: Apache-2.0
// Publishes persistent messages of 2,048 bytes to a new quorum queue and counts what is confirmed, with so many in flight:
// `publish PORT IN_FLIGHT SECONDS QUEUE`. `publish --free-ports N` prints ports of 127.0.0.1 that nobody listens on. Built and
// run by bench/rabbitmq.
#include <amqp.h>
#include <amqp_tcp_socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { message_size_bytes = 2048, in_flight_max = 1024, latencies_max = 1 << 22 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void must(int fine, const char *what) {
  if (fine) return;
  fprintf(stderr, "%s failed\n", what);
  exit(1);
}

static int print_free_ports(int count) {
  int sockets[16];
  for (int i = 0; i < count && i < 16; ++i) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    sockets[i] = socket(AF_INET, SOCK_STREAM, 0);
    must(bind(sockets[i], (struct sockaddr *)&address, size) == 0 && getsockname(sockets[i], (struct sockaddr *)&address, &size) == 0, "bind");
    printf("%d\n", ntohs(address.sin_port));
  }
  return 0;
}

static int by_size(const void *left, const void *right) {
  const double a = *(const double *)left, b = *(const double *)right;
  return a < b ? -1 : a > b;
}

int main(int count, char **arguments) {
  if (count == 3 && strcmp(arguments[1], "--free-ports") == 0) return print_free_ports(atoi(arguments[2]));
  must(count == 5, "usage: publish PORT IN_FLIGHT SECONDS QUEUE;");
  const unsigned in_flight = (unsigned)atoi(arguments[2]);
  const double seconds = atof(arguments[3]);
  must(in_flight > 0 && in_flight < in_flight_max, "IN_FLIGHT");
  amqp_connection_state_t connection = amqp_new_connection();
  amqp_socket_t *tcp = amqp_tcp_socket_new(connection);
  must(tcp && amqp_socket_open(tcp, "127.0.0.1", atoi(arguments[1])) == AMQP_STATUS_OK, "connecting");
  must(amqp_login(connection, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest").reply_type == AMQP_RESPONSE_NORMAL, "login");
  amqp_channel_open(connection, 1);
  must(amqp_get_rpc_reply(connection).reply_type == AMQP_RESPONSE_NORMAL, "opening a channel");
  amqp_table_entry_t type = {amqp_cstring_bytes("x-queue-type"), {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes("quorum")}};
  const amqp_table_t options = {1, &type};
  const amqp_bytes_t queue = amqp_cstring_bytes(arguments[4]);
  amqp_queue_declare(connection, 1, queue, 0, 1, 0, 0, options);
  must(amqp_get_rpc_reply(connection).reply_type == AMQP_RESPONSE_NORMAL, "declaring the queue");
  amqp_confirm_select(connection, 1);
  must(amqp_get_rpc_reply(connection).reply_type == AMQP_RESPONSE_NORMAL, "asking for confirmations");

  static char body[message_size_bytes];
  static double sent_at[in_flight_max], latencies[latencies_max];
  memset(body, 'x', sizeof body);
  const amqp_basic_properties_t persistent = {._flags = AMQP_BASIC_DELIVERY_MODE_FLAG, .delivery_mode = 2};
  uint64_t sent = 0, confirmed = 0;
  // Confirmations may come out of order: what is open is told by its tag.
  static char open[in_flight_max];
  uint64_t first_open = 1;
  const double begin = now();
  for (;;) {
    const int over = now() - begin >= seconds;
    if (over && confirmed == sent) break;
    while (!over && sent - confirmed < in_flight && sent + 1 - first_open < in_flight_max) {
      ++sent;
      snprintf(body, 24, "%020llu", (unsigned long long)sent);
      open[sent % in_flight_max] = 1;
      sent_at[sent % in_flight_max] = now();
      const amqp_bytes_t bytes = {sizeof body, body};
      must(amqp_basic_publish(connection, 1, amqp_empty_bytes, queue, 0, 0, &persistent, bytes) == AMQP_STATUS_OK, "publishing");
    }
    amqp_frame_t frame;
    must(amqp_simple_wait_frame(connection, &frame) == AMQP_STATUS_OK, "waiting for a confirmation");
    must(frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_BASIC_ACK_METHOD, "a confirmation");
    const amqp_basic_ack_t *ack = frame.payload.method.decoded;
    const double at = now();
    for (uint64_t tag = ack->multiple ? first_open : ack->delivery_tag; tag <= ack->delivery_tag; ++tag) {
      if (!open[tag % in_flight_max]) continue;
      open[tag % in_flight_max] = 0;
      if (confirmed < latencies_max) latencies[confirmed] = at - sent_at[tag % in_flight_max];
      ++confirmed;
    }
    while (first_open <= sent && !open[first_open % in_flight_max]) ++first_open;
    amqp_maybe_release_buffers(connection);
  }
  const double took = now() - begin;
  const size_t known = confirmed < latencies_max ? confirmed : latencies_max;
  qsort(latencies, known, sizeof *latencies, by_size);
  printf("%u in flight: %.0f messages/s confirmed, p50 %.0f us, p99 %.0f us\n", in_flight, (double)confirmed / took, known ? latencies[known / 2] * 1e6 : 0,
         known ? latencies[known * 99 / 100] * 1e6 : 0);
  fflush(stdout);
  amqp_queue_delete(connection, 1, queue, 0, 0);
  amqp_connection_close(connection, AMQP_REPLY_SUCCESS);
  amqp_destroy_connection(connection);
  return 0;
}
