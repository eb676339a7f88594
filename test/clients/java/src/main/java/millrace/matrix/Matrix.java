package millrace.matrix;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.utils.AppInfoParser;

/**
 * Apache Kafka's own client in the client matrix: matrix ADDRESS [STEP ...]. test/support/clients-matrix.ts tells what a program prints;
 * how long each step took goes to the other output.
 */
public final class Matrix {
  /** A step that takes longer has failed. */
  private static final int STEP_SECONDS = 75;

  interface Step {
    void run() throws Exception;
  }

  public static void main(String[] args) {
    say("client", "kafka-clients", "version", AppInfoParser.getVersion(), "language", "Java");
    List<String> wanted = Arrays.asList(args).subList(2, args.length);
    try (var clients = new Clients(args[1])) {
      steps(clients).forEach((name, step) -> {
        if (wanted.isEmpty() || wanted.contains(name)) play(name, step);
      });
    }
    System.out.flush();
    Runtime.getRuntime().halt(0); // a step that hangs holds up nothing
  }

  private static Map<String, Step> steps(Clients clients) {
    var produce = new ProduceSteps(clients);
    var groups = new GroupSteps(clients);
    var admin = new AdminSteps(clients);
    var transactions = new TransactionSteps(clients);
    Map<String, Step> steps = new LinkedHashMap<>();
    for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) steps.put("produce " + codec, () -> produce.roundTrip(codec));
    steps.put("idempotent produce", produce::idempotent);
    steps.put("group: two members join and leave", () -> groups.joinAndLeave("classic"));
    steps.put("commit and resume", groups::resume);
    steps.put("seek by time", produce::seekByTime);
    steps.put("consumer group protocol", () -> groups.joinAndLeave("consumer"));
    steps.put("admin create", admin::create);
    steps.put("admin describe", admin::describe);
    steps.put("admin alter", admin::alter);
    steps.put("admin delete", admin::delete);
    steps.put("transaction commit and abort", transactions::commitAndAbort);
    steps.put("consume-transform-produce", transactions::process);
    steps.put("zombie fenced", transactions::zombie);
    return steps;
  }

  private static void play(String name, Step step) {
    long started = System.nanoTime();
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread thread = new Thread(() -> {
      try {
        step.run();
        done.complete(null);
      } catch (Throwable failure) {
        done.completeExceptionally(failure);
      }
    });
    thread.setDaemon(true);
    thread.start();
    try {
      done.get(STEP_SECONDS, TimeUnit.SECONDS);
      say("step", name, "result", "passed");
    } catch (ExecutionException failure) {
      failure.getCause().printStackTrace();
      say("step", name, "result", "failed", "detail", String.valueOf(failure.getCause()));
    } catch (TimeoutException | InterruptedException failure) {
      say("step", name, "result", "failed", "detail", "not done after " + STEP_SECONDS + " s, at " + Arrays.toString(thread.getStackTrace()));
      thread.interrupt();
    }
    System.err.printf("%s: %.1f s%n", name, (System.nanoTime() - started) / 1e9);
  }

  private static void say(String... pairs) {
    StringBuilder line = new StringBuilder("{");
    for (int at = 0; at < pairs.length; at += 2) line.append(at == 0 ? "" : ",").append(quoted(pairs[at])).append(':').append(quoted(pairs[at + 1]));
    System.out.println(line.append('}'));
  }

  private static String quoted(String text) {
    String shortened = text.length() > 500 ? text.substring(0, 500) : text;
    return '"' + shortened.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\p{Cntrl}", " ") + '"';
  }
}
