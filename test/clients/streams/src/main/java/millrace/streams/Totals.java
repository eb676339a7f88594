package millrace.streams;

import java.time.Duration;
import java.util.Arrays;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;

/**
 * A Kafka Streams application, exactly once: INPUT OUTPUT NAME=VALUE..., where the rest are settings. Values of the input are "WORD NUMBER"; by
 * word, through a topic of its own that partitions by word, it keeps how many there were and their sum. For each number the output has
 * "WORD:COUNT:SUM:NUMBER". Prints "state STATE" at each change, and "failed REASON" when it gives up. Ends at SIGTERM.
 */
public final class Totals {
  public static void main(String[] args) throws Exception {
    Properties settings = new Properties();
    settings.put("processing.guarantee", "exactly_once_v2");
    settings.put("commit.interval.ms", "100");
    settings.put("statestore.cache.max.bytes", "0"); // each update comes out
    settings.put("default.key.serde", Serdes.String().getClass().getName());
    settings.put("default.value.serde", Serdes.String().getClass().getName());
    for (String setting : Arrays.copyOfRange(args, 2, args.length)) settings.put(setting.split("=", 2)[0], setting.split("=", 2)[1]);

    var builder = new StreamsBuilder();
    builder.<String, String>stream(args[0])
        .map((key, value) -> KeyValue.pair(value.split(" ")[0], value.split(" ")[1]))
        .groupByKey(Grouped.as("by-word"))
        .aggregate(() -> "0:0:0", (word, number, total) -> next(total, Long.parseLong(number)), Materialized.as("totals"))
        .toStream()
        .mapValues((word, total) -> word + ":" + total)
        .to(args[1], Produced.as("out"));

    var ended = new CountDownLatch(1);
    var streams = new KafkaStreams(builder.build(), settings);
    streams.setStateListener((now, before) -> System.out.println("state " + now));
    streams.setUncaughtExceptionHandler(error -> {
      error.printStackTrace();
      System.out.println("failed " + error);
      return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      streams.close(Duration.ofSeconds(20));
      ended.countDown();
    }));
    streams.start();
    ended.await();
  }

  private static String next(String total, long number) {
    String[] parts = total.split(":");
    return (Long.parseLong(parts[0]) + 1) + ":" + (Long.parseLong(parts[1]) + number) + ":" + number;
  }
}
