"""OpenAI's own Python SDK against the gateway. Address and key come from the variables that the SDK itself reads."""

import asyncio
import os
import unittest

import openai

MODEL = os.environ["INVENTIV_TEST_MODEL"]
QUESTION = [{"role": "user", "content": "Count the tokens of this answer"}]


def client(**settings):
    return openai.OpenAI(max_retries=0, **settings)


class Models(unittest.TestCase):
    def test_models_that_the_key_may_call_are_listed(self):
        models = {model.id: model for model in client().models.list()}
        self.assertIn(MODEL, models)
        self.assertEqual(models[MODEL].object, "model")
        self.assertEqual(client().models.retrieve(MODEL).id, MODEL)


class Completions(unittest.TestCase):
    def test_a_completion_has_an_answer_and_its_usage(self):
        completion = client().chat.completions.create(model=MODEL, messages=QUESTION)
        self.assertEqual(completion.model, MODEL)
        self.assertIn("Count the tokens", completion.choices[0].message.content)
        self.assertEqual(completion.choices[0].finish_reason, "stop")
        usage = completion.usage
        self.assertGreater(usage.completion_tokens, 0)
        self.assertEqual(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)

    def test_headers_carry_the_request_id(self):
        answer = client().chat.completions.with_raw_response.create(model=MODEL, messages=QUESTION)
        self.assertTrue(answer.headers.get("x-request-id"))
        self.assertTrue(answer.parse().id)

    def test_parallel_completions_are_all_answered(self):
        async def ask_all():
            asynchronous = openai.AsyncOpenAI(max_retries=0)
            request = asynchronous.chat.completions.create
            return await asyncio.gather(*(request(model=MODEL, messages=QUESTION) for _ in range(8)))

        answers = asyncio.run(ask_all())
        self.assertEqual({answer.choices[0].finish_reason for answer in answers}, {"stop"})
        self.assertEqual(len({answer.usage.completion_tokens for answer in answers}), 1)


class Streams(unittest.TestCase):
    def test_a_stream_that_asks_for_usage_ends_with_it(self):
        options = {"include_usage": True}
        stream = client().chat.completions.create(model=MODEL, messages=QUESTION, stream=True, stream_options=options)
        chunks = list(stream)
        text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
        self.assertIn("Count the tokens", text)
        self.assertEqual(chunks[-1].choices, [])
        self.assertGreater(chunks[-1].usage.completion_tokens, 0)
        self.assertTrue(all(chunk.usage is None for chunk in chunks[:-1]))

    def test_a_stream_that_does_not_ask_for_usage_shows_none(self):
        stream = client().chat.completions.create(model=MODEL, messages=QUESTION, stream=True)
        chunks = list(stream)
        self.assertTrue(all(chunk.usage is None and len(chunk.choices) == 1 for chunk in chunks))
        reasons = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason]
        self.assertEqual(reasons, ["stop"])

    def test_streamed_and_whole_answers_are_the_same_text_and_usage(self):
        whole = client().chat.completions.create(model=MODEL, messages=QUESTION)
        options = {"include_usage": True}
        stream = client().chat.completions.create(model=MODEL, messages=QUESTION, stream=True, stream_options=options)
        chunks = list(stream)
        text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
        self.assertEqual(text, whole.choices[0].message.content)
        self.assertEqual(chunks[-1].usage.completion_tokens, whole.usage.completion_tokens)
        self.assertEqual(chunks[-1].usage.prompt_tokens, whole.usage.prompt_tokens)

    def test_a_client_that_hangs_up_leaves_the_gateway_working(self):
        stream = client().chat.completions.create(model=MODEL, messages=QUESTION, stream=True)
        next(iter(stream))
        stream.close()
        completion = client().chat.completions.create(model=MODEL, messages=QUESTION)
        self.assertEqual(completion.choices[0].finish_reason, "stop")


class Errors(unittest.TestCase):
    def test_a_wrong_key_is_an_authentication_error(self):
        with self.assertRaises(openai.AuthenticationError) as caught:
            client(api_key="inv_wrong_key").models.list()
        self.assertEqual(caught.exception.code, "invalid_api_key")

    def test_an_unknown_model_is_a_not_found_error(self):
        with self.assertRaises(openai.NotFoundError) as caught:
            client().chat.completions.create(model="no-such-model", messages=QUESTION)
        self.assertEqual(caught.exception.code, "model_not_found")

    def test_an_unknown_model_is_refused_before_a_stream_begins(self):
        with self.assertRaises(openai.NotFoundError):
            client().chat.completions.create(model="no-such-model", messages=QUESTION, stream=True)

    def test_a_prompt_longer_than_the_context_is_a_bad_request_error_that_says_so(self):
        with self.assertRaises(openai.BadRequestError) as caught:
            client().chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "word " * 100_000}])
        self.assertIn("context", str(caught.exception))



if __name__ == "__main__":
    unittest.main()
